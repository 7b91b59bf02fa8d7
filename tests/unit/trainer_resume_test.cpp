// A stopped run resumes as if it had not been stopped.
#include <gtest/gtest.h>

#include <cmath>

#include "core/runtime/registry.h"
#include "core/train/checkpoint.h"
#include "tests/unit/trainer_bench.h"

namespace tandem {
namespace {

std::vector<float> losses(const TrainListener& listener) {
  std::vector<float> list;
  for (const StepRecord& record : listener.steps) list.push_back(record.values[0]);
  return list;
}

TEST(Trainer, RejectsResumingAnotherNetwork) {
  TrainerBench b;
  b.project.training.epochs = 1;
  const TrainResult result = b.train();
  b.resumeFrom = result.weights;
  b.project.training.batch = 8;
  EXPECT_NE(b.create().error().text().find("a different batch size"), std::string::npos);
  b.project = spiralsProject();
  b.project.training.epochs = 2;
  b.project.training.accumulate = 2;
  EXPECT_NE(b.create().error().text().find("a different number of batches per update"), std::string::npos);
  b.project = spiralsProject();
  ASSERT_TRUE(
      b.project.network.setProperty(b.project.network.findByName("dense")->id, "units", std::int64_t{5})
          .ok());
  const auto other = b.create();
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().text().find("a different network"), std::string::npos);
  b.resumeFrom = b.folder / "none.h5";
  EXPECT_EQ(b.create().error().code, ErrorCode::NotFound);
}

TEST(Trainer, RefusesToResumeWithNothingLeftToTrain) {
  TrainerBench b;
  const TrainResult first = b.train();
  TrainerBench again;
  again.resumeFrom = first.weights;
  const auto refused = again.create();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "nothing left to train: 3 of 3 epochs; give --epochs above 3");
  EXPECT_FALSE(std::filesystem::exists(again.runFolder));
  again.project.training.epochs = 4;
  EXPECT_EQ(again.train().epochs, 4);
}

TEST(Trainer, RefusesToResumeARunThatStoppedEarly) {
  TrainerBench b;
  b.project.training.epochs = 50;
  b.project.training.earlyStoppingPatience = 2;
  b.fake.device.constantValidation = 1;
  const TrainResult first = b.train();
  ASSERT_EQ(first.epochs, 3);
  TrainerBench again;
  again.project = b.project;
  again.resumeFrom = first.weights;
  const auto refused = again.create();
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().text().find("stopped early after 3 epochs, 2 of them without improvement"),
            std::string::npos)
      << refused.error().text();
  again.project.training.earlyStoppingPatience = 0;
  again.project.training.epochs = 5;
  EXPECT_EQ(again.train().epochs, 5);
}

void expectBitEqualResume(Backend* backend, const Project& project, std::int64_t stopAt) {
  SCOPED_TRACE("stopped at step " + std::to_string(stopAt));
  TrainerBench whole, first, second;
  for (TrainerBench* b : {&whole, &first, &second}) {
    b->backend = backend;
    b->project = project;
  }
  const TrainResult wholeResult = whole.train();
  ASSERT_EQ(wholeResult.state, TrainState::Finished) << wholeResult.error->text();

  auto t = first.trainer();
  first.listener.atStep = [&](std::int64_t step) {
    if (step == stopAt) t->stop();
  };
  t->start();
  const TrainResult firstResult = t->join();
  ASSERT_EQ(firstResult.state, TrainState::Stopped);
  ASSERT_GE(firstResult.steps, stopAt);
  ASSERT_LT(firstResult.steps, wholeResult.steps);

  second.resumeFrom = firstResult.weights;
  const TrainResult secondResult = second.train();
  ASSERT_EQ(secondResult.state, TrainState::Finished) << secondResult.error->text();
  std::vector<float> joined = losses(first.listener);
  for (const float loss : losses(second.listener)) joined.push_back(loss);
  EXPECT_EQ(joined, losses(whole.listener));
  EXPECT_EQ(secondResult.test, wholeResult.test);
  EXPECT_EQ(second.listener.of<EpochEnd>().back().record.train,
            whole.listener.of<EpochEnd>().back().record.train);
  const auto a = loadCheckpoint(wholeResult.weights), b = loadCheckpoint(secondResult.weights);
  ASSERT_TRUE(a.ok() && b.ok());
  for (std::size_t i = 0; i < a->parameters.size(); ++i)
    EXPECT_EQ(a->parameters[i].values, b->parameters[i].values);
  for (std::size_t i = 0; i < a->states.size(); ++i) EXPECT_EQ(a->states[i].values, b->states[i].values);
  EXPECT_EQ(a->optimizer, b->optimizer);
  EXPECT_EQ(a->lossScale, b->lossScale);
  EXPECT_EQ(a->lossScale.empty(), project.training.device.precision != Precision::Fp16);
}

TEST_P(TrainerDepth, ResumesBitEqualAnywhere) {
  FakeBackend fake;
  fake.device.depth = GetParam();
  // Within an epoch, at its last step (the evaluation is then repeated), at the first step of the next.
  for (const std::int64_t stopAt : {1, 5, 9, 10, 18, 22})
    expectBitEqualResume(&fake, spiralsProject(), stopAt);
}

// The sums of an epoch in progress are not mistaken for those of other metrics.
TEST(Trainer, ResumesWithOtherMetricsInTheMiddleOfAnEpoch) {
  TrainerBench whole, first, second;
  whole.train();
  auto t = first.trainer();
  first.listener.atStep = [&](std::int64_t step) {
    if (step == 5) t->stop();
  };
  t->start();
  second.resumeFrom = t->join().weights;
  second.project.training.heads[0].metrics = {"recall", "accuracy"};
  second.train();
  const auto wanted = whole.listener.of<EpochEnd>(), epochs = second.listener.of<EpochEnd>();
  ASSERT_EQ(epochs.size(), 3u);
  EXPECT_EQ(epochs[0].record.train[0], wanted[0].record.train[0]) << "the loss";
  EXPECT_TRUE(std::isnan(epochs[0].record.train[1]) && std::isnan(epochs[0].record.train[2]));
  EXPECT_TRUE(std::isfinite(epochs[0].record.validation[1]));
  EXPECT_TRUE(std::isfinite(epochs[1].record.train[1]) && std::isfinite(epochs[1].record.train[2]));
}

TEST(TrainerOnCpu, ResumesBitEqualAnywhere) {
  const auto cpu = DeviceRegistry::instance().backendFor("cpu");
  ASSERT_TRUE(cpu.ok()) << cpu.error().text();
  Project project = spiralsProject();
  // Dropout and batch norm have random counters and running statistics.
  Network& network = project.network;
  const LayerId dense = network.findByName("dense")->id, next = network.findByName("dense_2")->id;
  const LayerId norm = *network.add("batch_norm", "norm"), drop = *network.add("dropout", "drop");
  ASSERT_TRUE(network.connect(dense, norm).ok());
  ASSERT_TRUE(network.connect(norm, drop).ok());
  ASSERT_TRUE(network.connect(drop, next).ok());
  for (const OptimizerDef* optimizer : Catalog<OptimizerDef>::all()) {
    project.training.optimizer = OptimizerConfig(*optimizer);
    project.training.schedule = "cosine";
    for (const std::int64_t stopAt : {4, 9, 14}) expectBitEqualResume(*cpu, project, stopAt);
  }
  // In the middle of an update, and in the one of the last batch of the epoch.
  project.training.accumulate = 4;
  for (const std::int64_t stopAt : {5, 9, 11}) expectBitEqualResume(*cpu, project, stopAt);
  project.training.accumulate = 1;
  // The checkpoint holds the weights of each repetition and the group.
  ASSERT_TRUE(network.setRepeat(*network.group({norm, drop, next}), 3).ok());
  expectBitEqualResume(*cpu, project, 11);
  for (const Precision precision : {Precision::Bf16, Precision::Fp16}) {
    project.training.device.precision = precision;
    expectBitEqualResume(*cpu, project, 14);
  }
  project.training.accumulate = 3;
  expectBitEqualResume(*cpu, project, 14);
}

}  // namespace
}  // namespace tandem
