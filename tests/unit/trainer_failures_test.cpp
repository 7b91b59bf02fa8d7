// Failures before and during training, and what is stored then.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

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
  EXPECT_GE(one, data->info.sample.elements() * b.project.training.batch * sizeof(float));
  b.fake.device.depth = 3;
  EXPECT_EQ(inputs(), 3 * one);
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
  EXPECT_EQ(b.listener.of(EventKind::Error).size(), 1u);
  EXPECT_EQ(b.listener.states().back(), TrainState::Failed);
  EXPECT_EQ(b.listener.steps.size(), 12u);
  EXPECT_EQ(loadCheckpoint(result.weights)->step, 9);
  EXPECT_EQ(b.fake.device.misuses, 0);
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
  EXPECT_TRUE(result.weights.empty());
  EXPECT_EQ(b.listener.of(EventKind::Error).size(), 1u);  // three checkpoints failed, for one reason

  TrainerBench healed;  // blocked for the first epoch only
  auto second = healed.trainer();
  fs::create_directories(healed.runFolder / "checkpoint.h5");
  healed.listener.atStep = [&](std::int64_t step) {
    if (step == 12) fs::remove(healed.runFolder / "checkpoint.h5");
  };
  second->start();
  result = second->join();
  EXPECT_FALSE(result.error);
  EXPECT_EQ(healed.listener.of(EventKind::Error).size(), 1u);
  const auto notes = healed.listener.of(EventKind::Note);
  EXPECT_TRUE(std::ranges::any_of(
      notes, [](const TrainEvent& e) { return e.text == "Checkpoints are being written again"; }));
  EXPECT_EQ(loadCheckpoint(result.weights)->epoch, 3);
}

}  // namespace
}  // namespace tandem
