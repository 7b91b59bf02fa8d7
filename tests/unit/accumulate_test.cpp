// Accumulated gradients: batches that belong to one update train as one batch of all their rows would.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/ops/loss_scale.h"
#include "core/train/step_values.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"

namespace tandem {
namespace {

using testing::NetRunner;
using testing::NetworkBuilder;
using testing::SyntheticBatch;
using testing::syntheticBatch;

constexpr std::int64_t kFeatures = 8, kBatch = 8, kBatches = 4;

DatasetInfo threeClasses() {
  DatasetInfo data;
  data.name = "three classes";
  data.inputs[0].sample = {kFeatures};
  data.targets[0].classes = 3;
  return data;
}

TrainingConfig trainingOf(const OptimizerConfig& optimizer, std::int64_t batch, std::int64_t accumulate) {
  TrainingConfig training;
  training.optimizer = optimizer;
  training.batch = batch;
  training.accumulate = static_cast<int>(accumulate);
  training.device.threads = 1;
  return training;
}

NetRunner opened(const TrainingConfig& training) {
  NetworkBuilder b({kFeatures});
  b.add("dense", {{"units", std::int64_t{16}}, {"activation", std::string("tanh")}}, "hidden");
  b.add("dense", {{"units", std::int64_t{3}}}, "answer");
  return NetRunner::open(b.take(), training, threeClasses()).value();
}

std::vector<float> parametersOf(NetRunner& net) {
  return net.readBlock(Role::Parameter, net.plan().parameterBytes).value();
}

// Trains on the first `rows` rows of the data, in batches of the plan's size.
void trainOn(NetRunner& net, const SyntheticBatch& data, std::int64_t rows) {
  const std::int64_t batch = net.plan().batch;
  for (std::int64_t first = 0; first < rows; first += batch)
    ASSERT_TRUE(net.run(Phase::Train, data.features.data() + first * kFeatures, data.classes.data() + first,
                        std::min(batch, rows - first))
                    .ok());
}

double largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  return largest;
}

// rows: of each update.
void expectSameAsOneBatch(const OptimizerConfig& optimizer, std::int64_t rows,
                          const std::function<void(TrainingConfig&)>& change = {}) {
  SCOPED_TRACE(std::string(optimizer.def().type) + ", " + std::to_string(rows) + " rows");
  TrainingConfig small = trainingOf(optimizer, kBatch, kBatches),
                 large = trainingOf(optimizer, kBatch * kBatches, 1);
  if (change) {
    change(small);
    change(large);
  }
  NetRunner accumulating = opened(small), whole = opened(large);
  const std::vector<float> start = parametersOf(whole);
  ASSERT_EQ(parametersOf(accumulating), start);
  for (std::uint64_t update = 0; update < 4; ++update) {
    const SyntheticBatch data = syntheticBatch(threeClasses(), kBatch * kBatches, update);
    trainOn(accumulating, data, rows);
    trainOn(whole, data, rows);
  }
  const std::vector<float> end = parametersOf(whole);
  ASSERT_GT(largestDifference(end, start), 0.01);
  EXPECT_LT(largestDifference(parametersOf(accumulating), end), 2e-5);
}

OptimizerConfig sgd() {
  return {"sgd", {{"learning_rate", 0.1}, {"momentum", 0.9}}};
}
OptimizerConfig adam() {
  return {"adam", {{"learning_rate", 0.01}}};
}

TEST(Accumulate, BatchesOfAnUpdateTrainAsOneBatch) {
  for (const OptimizerConfig& optimizer : {sgd(), adam()}) expectSameAsOneBatch(optimizer, kBatch * kBatches);
}

TEST(Accumulate, RowsCountEquallyIfTheLastBatchIsPartial) {
  for (const OptimizerConfig& optimizer : {sgd(), adam()})
    expectSameAsOneBatch(optimizer, kBatch * kBatches - 5);
}

TEST(Accumulate, PenaltiesAndClippingActOnTheMeanGradient) {
  expectSameAsOneBatch(sgd(), kBatch * kBatches, [](TrainingConfig& training) {
    training.l1 = 0.01;
    training.l2 = 0.05;
    training.clip = ClipKind::Norm;
    training.clipLimit = 0.5;
  });
}

TEST(Accumulate, WeightsChangeWithTheLastBatchOfAnUpdateOnly) {
  NetRunner net = opened(trainingOf(sgd(), kBatch, kBatches));
  const SyntheticBatch data = syntheticBatch(threeClasses(), kBatch, 3);
  std::vector<float> before = parametersOf(net);
  for (int step = 1; step <= 2 * kBatches; ++step) {
    trainOn(net, data, kBatch);
    const std::vector<float> after = parametersOf(net);
    EXPECT_EQ(after != before, step % kBatches == 0) << step;
    before = after;
  }
}

TEST(Accumulate, TheForecastIncludesTheMeanGradient) {
  const auto without = opened(trainingOf(adam(), kBatch, 1)), with = opened(trainingOf(adam(), kBatch, 2));
  EXPECT_EQ(without.plan().optimizerBytes, 2 * without.plan().parameterBytes);
  EXPECT_EQ(with.plan().optimizerBytes, 3 * without.plan().parameterBytes);
  EXPECT_EQ(with.plan().forecast.optimizer, with.plan().optimizerBytes);
}

TEST(Accumulate, TheLastUpdateOfAnEpochHasTheBatchesThatRemain) {
  const TrainingConfig training = trainingOf(adam(), kBatch, 4);
  constexpr std::int64_t kPerEpoch = 10;
  const OptimizerConfig& optimizer = training.optimizer;
  for (std::int64_t step = 0; step < 3 * kPerEpoch; ++step) {
    SCOPED_TRACE(step);
    const std::int64_t batch = step % kPerEpoch;
    const auto block = stepValues(training, {step, batch, kPerEpoch}, 0.5, kBatch);
    EXPECT_EQ(stepNumber(block.data()), static_cast<std::uint64_t>(step + 1));
    EXPECT_EQ(block[kStepSkip] == 0, batch == 3 || batch == 7 || batch == 9);
    EXPECT_EQ(block[kStepGradientShare], 1.0f / static_cast<float>(batch % 4 + 1));
    // Three updates per epoch, by which the optimizer counts.
    const std::int64_t update = step / kPerEpoch * 3 + batch / 4 + 1;
    EXPECT_EQ(block[kStepUpdate], static_cast<float>(update));
    EXPECT_EQ(block[kStepBias1], stepValues(optimizer, update, 0.5, kBatch)[kStepBias1]);
  }
  EXPECT_EQ(stepValues(training, {9, 9, kPerEpoch}, 0.5, 3)[kStepGradientShare], 3.0f / 11);
}

TEST(Accumulate, WithOneBatchPerUpdateEveryStepIsAnUpdate) {
  const TrainingConfig training = trainingOf(adam(), kBatch, 1);
  for (const std::int64_t step : {0, 1, 9, 10, 25})
    EXPECT_EQ(stepValues(training, {step, step % 10, 10}, 0.5, 7), stepValues(adam(), step + 1, 0.5, 7));
}

TEST(Accumulate, AnOverflowInFp16SkipsTheWholeUpdateOnce) {
  TrainingConfig training = trainingOf(sgd(), kBatch, 2);
  training.device.precision = Precision::Fp16;
  NetRunner net = opened(training);
  const SyntheticBatch data = syntheticBatch(threeClasses(), kBatch, 3);
  const std::size_t at = *net.plan().lossScaleOffset;
  std::vector<float> scale{1073741824, 0, 0, 0};  // 2^30: every gradient overflows
  ASSERT_TRUE(net.session().write(Role::State, at, std::as_bytes(std::span(scale))).ok());
  const auto readScale = [&] {
    ASSERT_TRUE(net.session().read(Role::State, at, std::as_writable_bytes(std::span(scale))).ok());
  };
  const std::vector<float> start = parametersOf(net);
  trainOn(net, data, kBatch);
  readScale();
  EXPECT_EQ(scale, (std::vector<float>{1073741824, 0, 0, 0})) << "decided with the last batch";
  trainOn(net, data, kBatch);
  readScale();
  EXPECT_EQ(scale, (std::vector<float>{536870912, 0, 1, 0}));
  EXPECT_EQ(parametersOf(net), start);
  // The next update does not contain what overflowed.
  scale = {1024, 0, 1, 0};
  ASSERT_TRUE(net.session().write(Role::State, at, std::as_bytes(std::span(scale))).ok());
  trainOn(net, data, kBatch);
  trainOn(net, data, kBatch);
  readScale();
  EXPECT_EQ(scale, (std::vector<float>{1024, 1, 1, 0}));
  const std::vector<float> end = parametersOf(net);
  EXPECT_NE(end, start);
  for (const float w : end) EXPECT_TRUE(std::isfinite(w));
}

// A large batch in fp16, whose gradients have the loss scale, trains as in fp32.
TEST(Accumulate, TheMeanDoesNotContainTheLossScale) {
  const auto trained = [](Precision precision) {
    TrainingConfig training = trainingOf(sgd(), kBatch, kBatches);
    training.l2 = 0.05;
    training.device.precision = precision;
    NetRunner net = opened(training);
    trainOn(net, syntheticBatch(threeClasses(), kBatch * kBatches, 3), kBatch * kBatches);
    return parametersOf(net);
  };
  EXPECT_LT(largestDifference(trained(Precision::Fp16), trained(Precision::Fp32)), 1e-3);
}

}  // namespace
}  // namespace tandem
