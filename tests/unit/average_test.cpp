// The exponential moving average of the weights: evaluation and checkpoints use it, training does not.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/runtime/registry.h"
#include "core/train/checkpoint.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"
#include "tests/unit/trainer_bench.h"

namespace tandem {
namespace {

using testing::NetRunner;
using testing::NetworkBuilder;
using testing::SyntheticBatch;
using testing::syntheticBatch;

constexpr std::int64_t kBatch = 8;

DatasetInfo threeClasses() {
  DatasetInfo data;
  data.name = "three classes";
  data.inputs[0].sample = {8};
  data.targets[0].classes = 3;
  return data;
}

TrainingConfig trainingWith(double average) {
  TrainingConfig training;
  training.optimizer = {"adam", {{"learning_rate", 0.01}}};
  training.batch = kBatch;
  training.average = average;
  training.device.threads = 1;
  return training;
}

NetRunner opened(const TrainingConfig& training) {
  NetworkBuilder b({8});
  b.add("dense", {{"units", std::int64_t{16}}, {"activation", std::string("tanh")}}, "hidden");
  b.add("dense", {{"units", std::int64_t{3}}}, "answer");
  return NetRunner::open(b.take(), training, threeClasses()).value();
}

void trainOn(NetRunner& net, std::uint64_t seed) {
  const SyntheticBatch data = syntheticBatch(threeClasses(), kBatch, seed);
  ASSERT_TRUE(net.run(Phase::Train, data.features.data(), data.labels()).ok());
}

std::vector<float> parametersOf(NetRunner& net) {
  return net.readBlock(Role::Parameter, net.plan().parameterBytes).value();
}

std::vector<float> averageOf(NetRunner& net) {
  const std::vector<float> block = net.readBlock(Role::Optimizer, net.plan().optimizerBytes).value();
  return {block.begin() + static_cast<std::ptrdiff_t>(*net.plan().averageOffset / sizeof(float)),
          block.end()};
}

TEST(Average, IsThatOfTheWeightsAfterEachUpdateWithoutTheInitialOnes) {
  constexpr double kDecay = 0.8;
  NetRunner net = opened(trainingWith(kDecay));
  std::vector<double> sum(net.plan().parameterBytes / sizeof(float));
  double total = 0;
  for (std::uint64_t update = 0; update < 10; ++update) {
    SCOPED_TRACE(update);
    trainOn(net, update);
    const std::vector<float> weights = parametersOf(net), average = averageOf(net);
    ASSERT_EQ(average.size(), weights.size());
    if (update == 0) {
      EXPECT_EQ(average, weights);
    }
    total = kDecay * total + (1 - kDecay);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] = kDecay * sum[i] + (1 - kDecay) * static_cast<double>(weights[i]);
      ASSERT_NEAR(average[i], sum[i] / total, 1e-6) << i;
    }
  }
  EXPECT_NE(averageOf(net), parametersOf(net));
}

TEST(Average, DoesNotChangeTheTraining) {
  NetRunner with = opened(trainingWith(0.9)), without = opened(trainingWith(0));
  for (std::uint64_t update = 0; update < 5; ++update) {
    trainOn(with, update);
    trainOn(without, update);
  }
  EXPECT_EQ(parametersOf(with), parametersOf(without));
  EXPECT_FALSE(without.plan().averageOffset);
  EXPECT_EQ(with.plan().optimizerBytes, without.plan().optimizerBytes + with.plan().parameterBytes);
  EXPECT_EQ(with.plan().forecast.optimizer, with.plan().optimizerBytes);
}

TEST(Average, EvaluationReadsIt) {
  for (const Precision precision : {Precision::Fp32, Precision::Bf16, Precision::Fp16}) {
    SCOPED_TRACE(nameOf(precision));
    TrainingConfig training = trainingWith(0.9);
    training.device.precision = precision;
    NetRunner net = opened(training);
    training.average = 0;
    NetRunner plain = opened(training);
    for (std::uint64_t update = 0; update < 20; ++update) trainOn(net, update);
    const SyntheticBatch data = syntheticBatch(threeClasses(), kBatch, 99);
    const auto evaluated = [&](NetRunner& of) {
      EXPECT_TRUE(of.run(Phase::Evaluate, data.features.data(), data.labels()).ok());
      return of.output();
    };
    ASSERT_TRUE(plain.writeBlock(Role::Parameter, averageOf(net)).ok());
    EXPECT_EQ(evaluated(net), evaluated(plain));
    ASSERT_TRUE(plain.writeBlock(Role::Parameter, parametersOf(net)).ok());
    EXPECT_NE(evaluated(net), evaluated(plain));
  }
}

TEST(Average, ChangesWithUpdatesOnly) {
  TrainingConfig training = trainingWith(0.9);
  training.accumulate = 3;
  NetRunner net = opened(training);
  std::vector<float> before = averageOf(net);
  for (int step = 1; step <= 9; ++step) {
    trainOn(net, static_cast<std::uint64_t>(step));
    const std::vector<float> after = averageOf(net);
    EXPECT_EQ(after != before, step % 3 == 0) << step;
    before = after;
  }
}

// A run on the CPU, optionally stopped after a step and resumed.
TrainerBench& onCpu(TrainerBench& b, double average) {
  b.backend = DeviceRegistry::instance().backendFor("cpu").value();
  b.project.training.average = average;
  return b;
}

std::vector<float> losses(const TrainListener& listener) {
  std::vector<float> list;
  for (const StepRecord& record : listener.steps) list.push_back(record.values[0]);
  return list;
}

TrainResult trainUntil(TrainerBench& b, std::int64_t stopAt) {
  auto t = b.trainer();
  b.listener.atStep = [&](std::int64_t step) {
    if (step == stopAt) t->stop();
  };
  t->start();
  return t->join();
}

void expectEqual(const std::vector<NamedArray>& a, const std::vector<NamedArray>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name, b[i].name);
    EXPECT_EQ(a[i].values, b[i].values) << a[i].name;
  }
}

TEST(Average, CheckpointsHaveItAsTheirWeights) {
  TrainerBench averaged, plain;
  const TrainResult a = onCpu(averaged, 0.95).train(), b = onCpu(plain, 0).train();
  ASSERT_TRUE(a.state == TrainState::Finished && b.state == TrainState::Finished);
  EXPECT_EQ(losses(averaged.listener), losses(plain.listener));
  const Checkpoint with = *loadCheckpoint(a.weights), without = *loadCheckpoint(b.weights);
  EXPECT_TRUE(without.trainedParameters.empty());
  expectEqual(with.trainedParameters, without.parameters);
  EXPECT_NE(with.parameters.front().values, with.trainedParameters.front().values);
  EXPECT_EQ(with.optimizer, without.optimizer);
  EXPECT_TRUE(loadWeights(a.weights, Weights::Last)->trainedParameters.empty());
  EXPECT_NE(averaged.listener.of<EpochEnd>().back().record.validation[0],
            plain.listener.of<EpochEnd>().back().record.validation[0]);
}

TEST(Average, AStopBeforeTheFirstUpdateStoresTheInitialWeights) {
  TrainerBench b;
  onCpu(b, 0.95).project.training.accumulate = 9;
  const Checkpoint stored = *loadCheckpoint(trainUntil(b, 2).weights);
  ASSERT_FALSE(stored.trainedParameters.empty());
  expectEqual(stored.parameters, stored.trainedParameters);
  TrainerBench updated;
  onCpu(updated, 0.95);
  const Checkpoint later = *loadCheckpoint(trainUntil(updated, 1).weights);
  EXPECT_NE(later.parameters.front().values, stored.parameters.front().values) << "those before any update";
}

TEST(Average, ResumesBitEqual) {
  TrainerBench whole, first, second;
  const TrainResult wanted = onCpu(whole, 0.95).train();
  onCpu(second, 0.95).resumeFrom = trainUntil(onCpu(first, 0.95), 14).weights;
  const TrainResult result = second.train();
  ASSERT_EQ(result.state, TrainState::Finished);
  EXPECT_EQ(result.test, wanted.test);
  EXPECT_EQ(result.best, wanted.best);
  const Checkpoint a = *loadCheckpoint(wanted.weights), b = *loadCheckpoint(result.weights);
  expectEqual(a.parameters, b.parameters);
  expectEqual(a.trainedParameters, b.trainedParameters);
  expectEqual(a.bestParameters, b.bestParameters);
  EXPECT_EQ(a.optimizer, b.optimizer);
}

// The weights with which training continues are those that it would have had anyway.
TEST(Average, CanBeTurnedOffAndOnByResuming) {
  TrainerBench plain;
  onCpu(plain, 0).train();
  for (const bool before : {true, false}) {
    TrainerBench first, second;
    onCpu(second, before ? 0 : 0.95).resumeFrom = trainUntil(onCpu(first, before ? 0.95 : 0), 14).weights;
    ASSERT_EQ(second.train().state, TrainState::Finished);
    std::vector<float> joined = losses(first.listener);
    for (const float loss : losses(second.listener)) joined.push_back(loss);
    EXPECT_EQ(joined, losses(plain.listener)) << before;
  }
}

}  // namespace
}  // namespace tandem
