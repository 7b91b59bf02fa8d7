// Failures before and during training, and what is stored then.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "core/runtime/registry.h"
#include "core/train/checkpoint.h"
#include "tests/unit/trainer_bench.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

TEST(TrainerMemory, ARunThatDoesNotFitSuggestsABatchSize) {
  TrainerBench b;
  b.project.training.batch = 4096;
  b.project.data.count = 20000;
  const auto data = b.data();
  const auto needed = [&](std::int64_t batch) {
    TrainingConfig training = b.project.training;
    training.batch = batch;
    return compile(b.project.network, training, data->info, b.fake).value()->forecast.total();
  };
  b.fake.device.memoryBytes = (needed(256) + needed(4096)) / 4;
  const auto refused = b.create();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::OutOfMemory);
  const std::int64_t batch = largestFittingBatch(b.project.network, b.project.training, data->info, b.fake);
  EXPECT_NE(refused.error().hint.find("A batch size of " + std::to_string(batch) + " fits"),
            std::string::npos)
      << refused.error().text();
  EXPECT_LE(needed(batch), b.fake.device.memoryBytes);
  EXPECT_GT(needed(batch + batch / 8 + 8), b.fake.device.memoryBytes);
  b.project.training.batch = batch;
  EXPECT_TRUE(b.create().ok());
  b.fake.device.memoryBytes = needed(1) - 1;
  EXPECT_EQ(largestFittingBatch(b.project.network, b.project.training, data->info, b.fake), 0);
}

TEST(TrainerMemory, TheForecastCountsABatchPerOpenPass) {
  TrainerBench b;
  const auto data = b.data();
  const auto inputs = [&] {
    return compile(b.project.network, b.project.training, data->info, b.fake).value()->forecast.inputs;
  };
  const std::size_t one = inputs();
  EXPECT_GE(one, data->info.inputs[0].sample.elements() * b.project.training.batch * sizeof(float));
  b.fake.device.depth = 3;
  EXPECT_EQ(inputs(), 3 * one);
}

TEST(TrainerMemory, TheForecastCountsTheBestWeightsAndACheckpointOnTheCpu) {
  TrainerBench b;
  const auto data = b.data();
  Backend& cpu = *DeviceRegistry::instance().backendFor("cpu").value();
  const auto plan = compile(b.project.network, b.project.training, data->info, cpu).value();
  const std::size_t weights = plan->parameterBytes + plan->stateBytes;
  EXPECT_EQ(plan->forecast.checkpoint, 4 * weights + 2 * plan->optimizerBytes)
      << "the best weights, a copy of all blocks, and the file with both";
  EXPECT_EQ(compile(b.project.network, b.project.training, data->info, cpu, {.checkpoints = false})
                .value()
                ->forecast.checkpoint,
            0u);
}

TEST(TrainerMemory, ABatchIsLimitedToTheTrainingSamples) {
  TrainerBench b;
  const auto data = b.data();
  const auto samples = static_cast<std::int64_t>(data->part(SplitPart::Train).size());
  b.project.training.batch = 1'000'000;
  const auto trainer = b.create();
  ASSERT_TRUE(trainer.ok()) << trainer.error().text();
  EXPECT_EQ((*trainer)->plan().batch, samples);
}

TEST(TrainerMemory, TheCpuHoldsTheBatchesOfBothLoaders) {
  TrainerBench b;
  const auto data = b.data();
  Backend& cpu = *DeviceRegistry::instance().backendFor("cpu").value();
  const auto plan = compile(b.project.network, b.project.training, data->info, cpu).value();
  const std::size_t batch = plan->inputType(0).bytes() + plan->inputType(1).bytes();
  EXPECT_GE(plan->forecast.inputs, 6 * batch);
  EXPECT_LE(plan->forecast.inputs, 6 * (batch + 3 * kArenaAlignment));
}

TEST(TrainerMemory, TheStartOfARunCanBeCancelled) {
  TrainerBench b;
  TrainerSetup setup{b.project, b.data(), b.backend, b.runFolder, {}, {}};
  int asked = 0;
  setup.cancelled = [&] { return ++asked == 2; };
  const auto trainer = Trainer::create(setup);
  ASSERT_FALSE(trainer.ok());
  EXPECT_EQ(trainer.error().code, ErrorCode::Cancelled);
}

// Weights, memory, the memory plan and the kernels of large networks take seconds each.
TEST(TrainerMemory, TheStartOfALargeRunCanBeCancelledAtAnyTime) {
  struct Case {
    std::vector<std::int64_t> units;
    std::string initializer;
    int asked;  // at least: for 4 MB of weights, 64 MB of memory, a row of an orthogonal matrix, a value, a kernel
  };
  for (const Case& c :
       {Case{{4000, 4000}, "glorot_uniform", 16}, Case{{4000, 4000}, "he_normal", 16},
        Case{{300, 300}, "orthogonal", 300}, Case{std::vector<std::int64_t>(100, 8), "ones", 1000}}) {
    TrainerBench b;
    b.backend = DeviceRegistry::instance().backendFor("cpu").value();
    Network& network = b.project.network = Network();
    LayerId last = network.add("input", "", {{"shape", std::vector<std::int64_t>{2}}}).value();
    const auto add = [&](std::int64_t units) {
      const LayerId next =
          network.add("dense", "", {{"units", units}, {"initializer", c.initializer}}).value();
      ASSERT_TRUE(network.connect(last, next).ok());
      last = next;
    };
    for (const std::int64_t units : c.units) add(units);
    add(2);
    const auto data = b.data();
    int asked = 0, stopAt = -1;
    const auto create = [&] {
      asked = 0;
      TrainerSetup setup{b.project, data, b.backend, b.runFolder, {}, {}};
      setup.cancelled = [&] { return ++asked == stopAt; };
      return Trainer::create(std::move(setup));
    };
    ASSERT_TRUE(create().ok());
    const int all = asked;
    EXPECT_GE(all, c.asked) << c.initializer;
    for (const int part : {4, 2, 1}) {
      stopAt = all / part;
      const auto cancelled = create();
      ASSERT_FALSE(cancelled.ok()) << c.initializer << ' ' << stopAt;
      EXPECT_EQ(cancelled.error().code, ErrorCode::Cancelled);
      EXPECT_EQ(asked, stopAt) << "it does not continue";
    }
  }
}

TEST(TrainerMemory, ALayerWhoseWeightsFitNoMemoryIsAProblemOfThatLayer) {
  TrainerBench b;
  DatasetInfo data = b.data()->info;
  data.inputs[0].sample = Shape{1'000'000};
  Network network;
  const LayerId input =
      network.add("input", "input", {{"shape", std::vector<std::int64_t>{1'000'000}}}).value();
  const LayerId wide = network.add("dense", "wide", {{"units", std::int64_t{60'000}}}).value();
  const LayerId out = network.add("dense", "out", {{"units", std::int64_t{data.targets[0].classes}}}).value();
  ASSERT_TRUE(network.connect(input, wide).ok() && network.connect(wide, out).ok());
  const auto problems = checkAgainstData(network, b.project.training, data);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].layer, wide);
  EXPECT_NE(problems[0].error.message.find("this machine has"), std::string::npos)
      << problems[0].error.text();
}

TEST(TrainerMemory, ADeviceIsAlsoCheckedByTheNameOfItsBackend) {
  TrainerBench b;
  b.fake.device.id = "fake:0";
  b.fake.device.memoryBytes = 1;
  const auto fits = [&](const std::string& device) {
    b.project.training.device.device = device;
    return checkFits(*compile(b.project.network, b.project.training, b.data()->info, b.fake).value(), b.fake)
        .ok();
  };
  EXPECT_FALSE(fits("fake:0"));
  EXPECT_FALSE(fits("fake"));
  EXPECT_TRUE(fits("fake:1"));  // an unknown device
  EXPECT_TRUE(fits("fa"));
}

TEST_P(TrainerDepth, ANanLossStopsAndKeepsTheLastCheckpoint) {
  TrainerBench b;
  b.fake.device.depth = GetParam();
  b.fake.device.nanAtStep = 12;
  const TrainResult result = b.train();
  EXPECT_EQ(result.state, TrainState::Failed);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->code, ErrorCode::Numeric);
  EXPECT_NE(result.error->text().find("NaN at step 12 (learning rate 0.01)"), std::string::npos)
      << result.error->text();
  EXPECT_NE(result.error->hint.find("lower learning rate"), std::string::npos);
  EXPECT_EQ(b.listener.of<Error>().size(), 1u);
  EXPECT_EQ(b.listener.states().back(), TrainState::Failed);
  EXPECT_EQ(b.listener.steps.size(), 12u);
  EXPECT_EQ(loadCheckpoint(result.weights)->step, 9);
  EXPECT_EQ(b.fake.device.misuses, 0);
}

// The loss does not show it. Elements at both ends of a parameter belong to it.
TEST_P(TrainerDepth, AFaultEndsTheRunAndNamesTheParameter) {
  struct Case {
    UpdateFault fault;
    bool last;
    const char* text;
  };
  for (const Case& c :
       {Case{kGradientFault, false,
             "the gradient of dense_2/kernel became NaN or infinite at step 12 (learning"},
        Case{kGradientFault, true,
             "the gradient of dense_2/kernel became NaN or infinite at step 12 (learning"},
        Case{kWeightFault, false, "the parameter dense_2/kernel became NaN or infinite at step 12 (learning"},
        Case{kWeightFault, true,
             "the parameter dense_2/kernel became NaN or infinite at step 12 (learning"}}) {
    SCOPED_TRACE(std::string(c.text) + (c.last ? ", last" : ", first"));
    TrainerBench b;
    const auto plan = compile(b.project.network, b.project.training, b.data()->info, b.fake).value();
    const auto kernel = std::ranges::find(plan->parameters(), "dense_2/kernel", &ParameterInfo::name);
    ASSERT_NE(kernel, plan->parameters().end());
    const auto first = static_cast<std::int64_t>(kernel->offsetBytes / sizeof(float));
    b.fake.device.depth = GetParam();
    b.fake.device.faultAtStep = 12;
    b.fake.device.fault = c.fault;
    b.fake.device.faultPlace = faultPlace(c.last ? first + kernel->shape.elements() - 1 : first);
    const TrainResult result = b.train();
    EXPECT_EQ(result.state, TrainState::Failed);
    ASSERT_TRUE(result.error);
    EXPECT_EQ(result.error->code, ErrorCode::Numeric);
    EXPECT_EQ(result.error->where, "epoch 2");
    EXPECT_NE(result.error->message.find(c.text), std::string::npos) << result.error->text();
    EXPECT_NE(result.error->hint.find("lower learning rate"), std::string::npos);
    EXPECT_EQ(b.listener.of<Error>().size(), 1u);
    EXPECT_EQ(b.listener.steps.size(), 12u);
    EXPECT_EQ(loadCheckpoint(result.weights)->step, 9);
    EXPECT_EQ(b.fake.device.misuses, 0);
  }
}

TEST_P(TrainerDepth, ADeviceErrorEndsTheRun) {
  TrainerBench b;
  b.fake.device.depth = GetParam();
  b.fake.device.failAtStep = 5;
  const TrainResult result = b.train();
  EXPECT_EQ(result.state, TrainState::Failed);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->code, ErrorCode::DeviceLost);
  EXPECT_EQ(b.fake.device.misuses, 0);
}

TEST(Trainer, AnExceptionEndsTheRunNotTheProgram) {
  TrainerBench b;
  b.fake.device.throwAtStep1 = true;
  const TrainResult result = b.train();
  EXPECT_EQ(result.state, TrainState::Failed);
  ASSERT_TRUE(result.error);
  EXPECT_NE(result.error->message.find("the fake device has a mistake"), std::string::npos);
}

TEST(Trainer, RejectsAnUnwritableFolder) {
  TrainerBench b;
  std::ofstream(b.folder / "file") << "x";
  b.runFolder = b.folder / "file/run";
  const auto made = b.create();
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().text().find("file/run"), std::string::npos) << made.error().text();
}

TEST(Trainer, ContinuesIfACheckpointCannotBeWritten) {
  TrainerBench b;
  auto t = b.trainer();
  fs::create_directories(b.runFolder / "checkpoint.h5" / "in the way");
  t->start();
  TrainResult result = t->join();
  EXPECT_EQ(result.state, TrainState::Finished);
  EXPECT_EQ(result.epochs, 3);
  EXPECT_TRUE(result.hasTest);
  ASSERT_TRUE(result.error);
  EXPECT_NE(result.error->text().find("checkpoint.h5"), std::string::npos);
  EXPECT_EQ(result.error->text().find("nothing was lost"), std::string::npos);
  EXPECT_TRUE(result.weights.empty());
  // The state is still there and can be stored elsewhere.
  ASSERT_TRUE(result.unsaved);
  ASSERT_TRUE(saveCheckpoint(*result.unsaved, b.folder / "elsewhere.h5").ok());
  TrainerBench resumed;
  resumed.resumeFrom = b.folder / "elsewhere.h5";
  resumed.project.training.epochs = 4;
  EXPECT_EQ(resumed.train().steps, 36);
  EXPECT_EQ(b.listener.of<Error>().size(), 1u);  // three checkpoints failed, for one reason

  TrainerBench healed;  // blocked for the first epoch only
  auto second = healed.trainer();
  fs::create_directories(healed.runFolder / "checkpoint.h5");
  healed.listener.atStep = [&](std::int64_t step) {
    if (step == 12) fs::remove(healed.runFolder / "checkpoint.h5");
  };
  second->start();
  result = second->join();
  EXPECT_FALSE(result.error);
  EXPECT_FALSE(result.unsaved);
  EXPECT_EQ(healed.listener.of<Error>().size(), 1u);
  const auto notes = healed.listener.of<Note>();
  EXPECT_TRUE(std::ranges::any_of(
      notes, [](const Note& note) { return note.text == "Checkpoints are being written again"; }));
  EXPECT_EQ(loadCheckpoint(result.weights)->epoch, 3);
}

}  // namespace
}  // namespace tandem
