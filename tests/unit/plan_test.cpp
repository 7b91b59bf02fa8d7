// The memory plan and the passes, on random networks: lifetimes never overlap, planned and unplanned runs are
// bit-identical, fused and unfused ones agree up to rounding, and nothing exceeds the forecast.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/base/philox.h"
#include "core/compile/compile.h"
#include "core/compile/passes.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"

namespace tandem {
namespace {

using testing::NetRunner;
using testing::NetworkBuilder;
using testing::syntheticBatch;

struct RandomNetwork {
  Network network;
  DatasetInfo data;
};

RandomNetwork randomNetwork(std::uint64_t seed) {
  PhiloxSequence random(seed, 99);
  const auto pick = [&](std::initializer_list<std::int64_t> from) {
    return *(from.begin() + static_cast<std::ptrdiff_t>(random.below(from.size())));
  };
  const char* activations[] = {"none", "relu", "tanh", "gelu", "elu"};
  const Shape sample{pick({8, 9, 11}), pick({8, 10}), pick({1, 3})};
  NetworkBuilder b(sample);
  const auto blocks = static_cast<int>(1 + random.below(4));
  for (int i = 0; i < blocks; ++i) {
    const std::int64_t filters = pick({4, 5, 16});
    b.conv(filters, pick({1, 3}), 1, random.below(2) == 1, activations[random.below(5)]);
    if (random.below(2)) b.add("batch_norm");
    if (random.below(2)) {
      const LayerId entry = b.last();
      b.conv(filters, 3, 1, true, "none");
      b.join("add", b.last(), entry);
    }
    if (random.below(2)) b.add("activation", {{"function", std::string("relu")}});
    if (random.below(3) == 0) b.add("dropout", {{"rate", 0.25}});
    if (random.below(3) == 0) {
      const LayerId entry = b.last();
      const LayerId left = b.conv(3, 1);
      const LayerId right = b.addTo(
          entry, "conv2d", {{"filters", std::int64_t{2}}, {"kernel", std::vector<std::int64_t>{1, 1}}});
      b.join("concat", left, right);
    }
  }
  b.add(random.below(2) ? "max_pool2d" : "average_pool2d");
  b.add(random.below(2) ? "flatten" : "global_average_pool2d");
  b.add("dense", {{"units", std::int64_t{7}}, {"activation", std::string("silu")}});
  b.add("dense", {{"units", std::int64_t{3}}});
  DatasetInfo data;
  data.name = "random";
  data.inputs[0].sample = sample;
  data.targets[0].classes = 3;
  return {b.take(), data};
}

TrainingConfig smallTraining() {
  TrainingConfig training;
  training.batch = 6;
  training.device.threads = 1;
  training.l2 = 1e-4;
  training.clip = ClipKind::Norm;
  return training;
}

// Losses of a few steps, then the outputs of an evaluation.
std::vector<float> trace(const RandomNetwork& n, const TrainingConfig& training,
                         const CompileOptions& options) {
  NetRunner net = NetRunner::open(n.network, training, n.data, options).value();
  std::vector<float> values;
  for (std::uint64_t step = 0; step < 3; ++step) {
    const auto batch = syntheticBatch(n.data, training.batch, step);
    values.push_back(net.run(Phase::Train, batch.features.data(), batch.labels())->values[0]);
  }
  const auto batch = syntheticBatch(n.data, training.batch, 77);
  values.push_back(net.run(Phase::Evaluate, batch.features.data(), batch.labels(), 4)->values[0]);
  const auto output = net.output();
  values.insert(values.end(), output.begin(), output.end());
  return values;
}

class RandomPlans : public ::testing::TestWithParam<int> {};

TEST_P(RandomPlans, SharingMemoryChangesNoBit) {
  const RandomNetwork n = randomNetwork(static_cast<std::uint64_t>(GetParam()));
  EXPECT_EQ(trace(n, smallTraining(), {.fuse = true, .planMemory = true}),
            trace(n, smallTraining(), {.fuse = true, .planMemory = false}));
}

TEST_P(RandomPlans, FusionChangesNoMoreThanRounding) {
  const RandomNetwork n = randomNetwork(static_cast<std::uint64_t>(GetParam()));
  const auto fused = trace(n, smallTraining(), {.fuse = true});
  const auto plain = trace(n, smallTraining(), {.fuse = false});
  ASSERT_EQ(fused.size(), plain.size());
  for (std::size_t i = 0; i < fused.size(); ++i)
    EXPECT_NEAR(fused[i], plain[i], 2e-3 * (1 + std::abs(plain[i]))) << i;
}

TEST_P(RandomPlans, OverlappingLifetimesNeverShareMemory) {
  const RandomNetwork n = randomNetwork(static_cast<std::uint64_t>(GetParam()));
  NetRunner net = NetRunner::open(n.network, smallTraining(), n.data).value();
  const PhasePlan& phase = net.plan().train;
  const Program& p = phase.program;
  struct Life {
    std::size_t from = 0, to = 0;
    int first = -1, last = -1;
  };
  std::map<ValueId, Life> lives;
  for (int i = 0; i < static_cast<int>(p.nodes.size()); ++i) {
    const Node& node = p.nodes[static_cast<std::size_t>(i)];
    for (const auto* ids : {&node.inputs, &node.outputs})
      for (const ValueId id : *ids) {
        if (id == kNoValue) continue;
        const ValueId owner = p.storage(id).first;
        if (p.value(owner).role != Role::Temp) continue;
        Life& life = lives[owner];
        life.from = phase.arenaOffset[static_cast<std::size_t>(owner)];
        life.to = life.from + p.type(owner).bytes();
        if (life.first < 0) life.first = i;
        life.last = i;
        EXPECT_LE(life.to, phase.arenaBytes);
      }
    const std::size_t workspace = phase.kernels[static_cast<std::size_t>(i)].workspaceBytes;
    const std::size_t offset = phase.workspaceOffset[static_cast<std::size_t>(i)];
    if (workspace > 0) lives[-2 - i] = {offset, offset + workspace, i, i};
  }
  ASSERT_GT(lives.size(), 5u);
  for (const auto& [a, x] : lives)
    for (const auto& [b, y] : lives)
      if (a < b && x.first <= y.last && y.first <= x.last) {
        EXPECT_TRUE(x.to <= y.from || y.to <= x.from) << "values " << a << " and " << b;
      }
  EXPECT_LE(net.session().memory().total(), net.plan().forecast.total());
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPlans, ::testing::Range(1, 13));

TEST(Compile, ReusingMemoryShrinksTheArena) {
  const auto w = testing::workload("resnet20");
  TrainingConfig training;
  training.batch = 4;
  training.device.threads = 1;
  NetRunner shared = NetRunner::open(w.network, training, w.data).value();
  NetRunner apart = NetRunner::open(w.network, training, w.data, {.planMemory = false}).value();
  EXPECT_LT(shared.plan().train.arenaBytes, apart.plan().train.arenaBytes * 3 / 4);
}

TEST(Compile, FusesBiasActivationAndBatchNorm) {
  const auto w = testing::workload("vgg");
  TrainingConfig training;
  training.batch = 2;
  training.device.threads = 1;
  CompileReport report;
  NetRunner net = NetRunner::open(w.network, training, w.data, {}, &report).value();
  int activations = 0, biases = 0;
  for (const Node& node : net.plan().train.program.nodes) {
    activations += node.op->name == "activation" || node.op->name == "activation_grad";
    biases += node.op->name == "bias_add";
  }
  EXPECT_EQ(activations, 0) << net.plan().train.program.dump();
  EXPECT_EQ(biases, 0);
  EXPECT_FALSE(report.fusions.empty());
}

TEST(Compile, ReportsWhatDoesNotFit) {
  DeviceOptions cpu;
  TrainingConfig training;
  training.device = cpu;
  DatasetInfo data;
  data.name = "ten classes";
  data.inputs[0].sample = {4, 4, 1};
  data.targets[0].classes = 10;
  const auto messageOf = [&](const Network& network) {
    const auto opened = NetRunner::open(network, training, data);
    return opened.ok() ? std::string("ok") : opened.error().text();
  };
  NetworkBuilder wrongWidth({4, 4, 1});
  wrongWidth.add("flatten");
  wrongWidth.add("dense", {{"units", std::int64_t{3}}}, "answer");
  EXPECT_EQ(messageOf(wrongWidth.take()),
            "answer: the output has 3 values, but ten classes has 10 classes. Give the last layer 10 units");
  // A part of the data may lack classes.
  NetworkBuilder more({4, 4, 1});
  more.add("flatten");
  more.add("dense", {{"units", std::int64_t{12}}}, "answer");
  const Network twelve = more.take();
  EXPECT_EQ(checkAgainstData(twelve, training, data).size(), 1U);
  data.targets[0].moreClasses = true;
  EXPECT_TRUE(checkAgainstData(twelve, training, data).empty());
  EXPECT_EQ(messageOf(twelve), "ok");
  NetworkBuilder fewer({4, 4, 1});
  fewer.add("flatten");
  fewer.add("dense", {{"units", std::int64_t{3}}}, "answer");
  EXPECT_EQ(checkAgainstData(fewer.take(), training, data).size(), 1U);
  data.targets[0].moreClasses = false;
  // A dense layer accepts sequences, but the loss does not accept their answers.
  NetworkBuilder perStep({4, 4, 1});
  perStep.add("reshape", {{"shape", std::vector<std::int64_t>{8, 2}}});
  perStep.add("dense", {{"units", std::int64_t{10}}}, "answer");
  Network steps = perStep.take();
  const std::vector<Problem> problems = checkAgainstData(steps, training, data);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(
      problems[0].error.text(),
      "answer: the output is 8 x 10, but a loss needs one vector per sample. End with flatten or global pooling, "
      "then a dense layer");
  ASSERT_TRUE(problems[0].fix && applyFix(problems[0], steps).ok());
  EXPECT_TRUE(checkAgainstData(steps, training, data).empty());
  NetworkBuilder wrongShape({5, 4, 1});
  wrongShape.add("flatten");
  wrongShape.add("dense", {{"units", std::int64_t{10}}});
  EXPECT_EQ(messageOf(wrongShape.take()),
            "input: the network expects samples of 5 x 4 x 1, but ten classes has 4 x 4 x 1. Set the input "
            "shape to that of the data");
  data.targets[0].classes = 0;
  NetworkBuilder regression({4, 4, 1});
  regression.add("flatten");
  regression.add("dense", {{"units", std::int64_t{1}}});
  EXPECT_EQ(
      messageOf(regression.take()),
      "training: the loss \"Softmax cross-entropy\" needs classes, but the target of ten classes is numeric. Choose mean "
      "squared error");
}

TEST(Compile, LossesOfScoresRefuseASigmoid) {
  DatasetInfo data;
  data.name = "sign";
  data.inputs[0].sample = {3};
  data.targets[0].classes = 2;
  const auto problems = [&](const LossConfig& loss, bool sigmoid) {
    NetworkBuilder b({3});
    b.add("dense", {{"units", std::int64_t{1}}});
    if (sigmoid) b.add("activation", {{"function", std::string("sigmoid")}});
    TrainingConfig training;
    training.heads[0].loss = loss;
    return checkAgainstData(b.take(), training, data).size();
  };
  for (const LossDef* loss : Catalog<LossDef>::all()) {
    if (loss->target != TargetKind::TwoClasses) continue;
    EXPECT_EQ(problems(LossConfig(*loss), false), 0u) << loss->type;
    EXPECT_EQ(problems(LossConfig(*loss), true), loss->activation.empty() ? 1u : 0u) << loss->type;
  }
}

TEST(Compile, BinaryCrossEntropyTrainsTwoClasses) {
  NetworkBuilder b({3});
  b.add("dense", {{"units", std::int64_t{8}}, {"activation", std::string("relu")}});
  b.add("dense", {{"units", std::int64_t{1}}});
  b.add("activation", {{"function", std::string("sigmoid")}});
  DatasetInfo data;
  data.name = "sign";
  data.inputs[0].sample = {3};
  data.targets[0].classes = 2;
  TrainingConfig training;
  training.heads[0].loss = "binary_cross_entropy";
  training.batch = 64;
  training.optimizer = {"adam", {{"learning_rate", 0.02}}};
  training.device.threads = 1;
  NetRunner net = NetRunner::open(b.take(), training, data).value();
  auto batch = syntheticBatch(data, training.batch, 5);
  for (std::size_t i = 0; i < 64; ++i) batch.classes[i] = batch.features[3 * i] > 0;
  StepReport report{};
  for (int step = 0; step < 200; ++step)
    report = *net.run(Phase::Train, batch.features.data(), batch.labels());
  EXPECT_LT(report.values[0], 0.15f);
  EXPECT_GT(report.values[1], 0.97f);
  (void)net.run(Phase::Evaluate, batch.features.data(), batch.labels()).value();
  for (const float p : net.output())
    EXPECT_TRUE(p >= 0 && p <= 1) << "the answer is the sigmoid, not the logit";
}

}  // namespace
}  // namespace tandem
