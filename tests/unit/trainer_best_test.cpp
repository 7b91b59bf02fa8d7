// The best epoch: its weights are stored besides the last ones, and used by default.
#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/trainer_bench.h"

namespace tandem {
namespace {

// The losses of the evaluations after each epoch; later evaluations are those of the test.
void validations(TrainerBench& bench, std::vector<float> losses) {
  bench.project.training.epochs = static_cast<int>(losses.size());
  bench.fake.device.evaluation = [losses = std::move(losses)](std::int64_t pass, float weight) {
    const auto i = static_cast<std::size_t>(pass - 1);
    return i < losses.size() ? losses[i] : weight;
  };
}

std::vector<float> weightsOf(const std::filesystem::path& file, Weights which) {
  const auto checkpoint = loadWeights(file, which);
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.error().text();
  return checkpoint->parameters.front().values;
}

std::vector<float> lastWeightsAfter(int epochs) {
  TrainerBench b;
  b.project.training.epochs = epochs;
  return weightsOf(b.train().weights, Weights::Last);
}

TEST(TrainerBest, StoresTheWeightsOfTheBestEpochAndTheLast) {
  TrainerBench b;
  validations(b, {3, 1, 2});
  const TrainResult result = b.train();
  EXPECT_EQ(result.best, (BestEpoch{2, "validation loss", 1}));
  EXPECT_EQ(result.best.text(), "best epoch 2, validation loss 1.0000");
  EXPECT_EQ(weightsOf(result.weights, Weights::Best), lastWeightsAfter(2));
  EXPECT_EQ(weightsOf(result.weights, Weights::Last), lastWeightsAfter(3));
  EXPECT_EQ(loadCheckpoint(result.weights)->best, result.best);
  // The test is that of the weights that are used by default.
  EXPECT_EQ(result.test[0], lastWeightsAfter(2).front());
  EXPECT_EQ(b.listener.of<TestResult>().front().epoch, 2);
}

TEST(TrainerBest, TheLastEpochIsStoredOnceIfItIsTheBest) {
  TrainerBench b;
  validations(b, {3, 2, 1});
  const TrainResult result = b.train();
  EXPECT_EQ(result.best.epoch, 3);
  EXPECT_TRUE(loadCheckpoint(result.weights)->bestParameters.empty());
  EXPECT_EQ(weightsOf(result.weights, Weights::Best), lastWeightsAfter(3));
}

TEST(TrainerBest, EarlyStoppingUsesTheWeightsBeforeThePatience) {
  TrainerBench b;
  validations(b, std::vector<float>{3, 1, 2, 2, 2, 2, 2, 2});
  b.project.training.earlyStoppingPatience = 3;
  const TrainResult result = b.train();
  EXPECT_EQ(result.epochs, 5);
  EXPECT_EQ(result.best.epoch, 2);
  EXPECT_EQ(weightsOf(result.weights, Weights::Best), lastWeightsAfter(2));
  EXPECT_EQ(weightsOf(result.weights, Weights::Last), lastWeightsAfter(5));
}

TEST(TrainerBest, AStopWithinAnEpochKeepsTheBestOfTheEpochsBefore) {
  TrainerBench b;
  validations(b, {3, 2, 1});
  auto t = b.trainer();
  b.listener.atStep = [&](std::int64_t step) {
    if (step == 13) t->stop();
  };
  t->start();
  const TrainResult result = t->join();
  EXPECT_EQ(result.best.epoch, 1);
  EXPECT_EQ(weightsOf(result.weights, Weights::Best), lastWeightsAfter(1));
  EXPECT_NE(weightsOf(result.weights, Weights::Last), lastWeightsAfter(1));
}

TEST(TrainerBest, AStopWithinTheFirstEpochHasOnlyLastWeights) {
  TrainerBench b;
  auto t = b.trainer();
  b.listener.atStep = [&](std::int64_t step) {
    if (step == 4) t->stop();
  };
  t->start();
  const TrainResult result = t->join();
  EXPECT_FALSE(result.best.known());
  EXPECT_EQ(weightsOf(result.weights, Weights::Best), weightsOf(result.weights, Weights::Last));
}

TEST(TrainerBest, AResumedRunKnowsTheBestEpochBeforeIt) {
  for (const std::vector<float>& losses : {std::vector<float>{3, 1}, {1, 3}}) {
    TrainerBench first, second;
    validations(first, losses);
    second.resumeFrom = first.train().weights;
    validations(second, {2});
    second.project.training.epochs = 3;
    const TrainResult result = second.train();
    const int best = losses[0] < losses[1] ? 1 : 2;
    EXPECT_EQ(result.best.epoch, best);
    EXPECT_EQ(weightsOf(result.weights, Weights::Best), lastWeightsAfter(best));
    EXPECT_EQ(weightsOf(result.weights, Weights::Last), lastWeightsAfter(3));
  }
}

TEST(TrainerBest, IsChosenByTheMonitoredMetric) {
  TrainerBench b;
  validations(b, {3, 2, 1});
  b.project.training.monitor = "accuracy";  // of the fake device: 16 in each epoch
  const TrainResult result = b.train();
  EXPECT_EQ(result.best, (BestEpoch{1, "validation accuracy", 16}));
  // The losses of the epochs before say nothing about the accuracy.
  TrainerBench other;
  other.resumeFrom = result.weights;
  validations(other, {5});
  other.project.training.epochs = 4;
  EXPECT_EQ(other.train().best, (BestEpoch{4, "validation loss", 5}));
  const auto notes = other.listener.of<Note>();
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].text.find("now chosen by loss"), std::string::npos) << notes[0].text;
}

TEST(TrainerBest, RefusesAMetricThatTheLossDoesNotReport) {
  TrainerBench b;
  b.project.training.monitor = "rmse";
  const auto refused = b.create();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().where, "training.monitor");
  EXPECT_NE(refused.error().hint.find("loss, accuracy"), std::string::npos) << refused.error().text();
}

TEST(TrainerBest, WithoutValidationDataTheTrainingLossDecides) {
  TrainerBench b;
  b.project.data.validationFraction = 0;
  const TrainResult result = b.train();
  ASSERT_TRUE(result.best.known());
  EXPECT_EQ(result.best.metric, "training loss");
  double least = std::numeric_limits<double>::infinity();
  for (const EpochEnd& end : b.listener.of<EpochEnd>())
    least = std::min(least, static_cast<double>(end.record.train[0]));
  EXPECT_EQ(result.best.value, least);
}

TEST(TrainerBest, ACheckpointThatDoesNotKnowTheBestEpochIsResumed) {
  TrainerBench first, second;
  validations(first, {1});
  Checkpoint old = *loadCheckpoint(first.train().weights);  // as of version 2
  old.best = {};
  old.dataFingerprint.clear();
  ASSERT_TRUE(saveCheckpoint(old, first.folder / "old.h5").ok());
  second.resumeFrom = first.folder / "old.h5";
  validations(second, {2});
  second.project.training.epochs = 2;
  EXPECT_EQ(second.train().best, (BestEpoch{2, "validation loss", 2}));
  ASSERT_EQ(second.listener.of<Note>().size(), 1u);
}

}  // namespace
}  // namespace tandem
