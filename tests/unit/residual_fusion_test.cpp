// The end of a residual block, relu(batch norm + shortcut), as one op in each direction: what must and must
// not be fused, and that the fused program trains like the unfused one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/ops/batch_norm.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"

namespace tandem {
namespace {

using testing::NetRunner;
using testing::NetworkBuilder;
using testing::syntheticBatch;

DatasetInfo smallImages() {
  DatasetInfo data;
  data.name = "images";
  data.inputs[0].sample = {6, 6, 3};
  data.targets[0].classes = 4;
  return data;
}

Attrs function(std::string_view name) {
  return {{"function", std::string(name)}};
}

TrainingConfig trainingOf(Precision precision = Precision::Fp32) {
  TrainingConfig training;
  training.batch = 5;
  training.device.threads = 1;
  training.device.precision = precision;
  training.optimizer = {"sgd", {{"learning_rate", 0.05}, {"momentum", 0.9}}};
  return training;
}

Network answer(NetworkBuilder& b) {
  b.add("global_average_pool2d");
  b.add("dense", {{"units", std::int64_t{4}}});
  return b.take();
}

struct Block {
  bool shortcutFirst = false;  // the operands of the sum swapped
  bool project = false;        // a convolution and a batch norm in the shortcut too
  bool toData = false;         // the shortcut starts at the data, whose gradient is unused
  bool detour = false;         // layers that come between the batch norm and the sum
  bool normTwice = false;      // the batch norm's result has another reader
  bool sumTwice = false;       // the sum has another reader
  std::string activation = "relu";
};

Network residual(const Block& block) {
  NetworkBuilder b(smallImages().inputs[0].sample);
  LayerId entry = b.last();
  if (!block.toData) entry = b.conv(8, 3);
  b.conv(block.toData ? 3 : 8, 3, 1, false);
  const LayerId norm = b.add("batch_norm", {}, "norm");
  LayerId shortcut = entry;
  const auto onShortcut = [&](std::string_view type, Attrs attrs, std::string name) {
    shortcut = b.addTo(shortcut, type, std::move(attrs), std::move(name));
  };
  const Attrs one{{"filters", std::int64_t{8}}, {"kernel", std::vector<std::int64_t>{1, 1}}};
  if (block.project || block.detour) onShortcut("conv2d", one, "projection");
  if (block.detour) onShortcut("activation", function("tanh"), "bend");
  if (block.project) onShortcut("batch_norm", {}, "shortcut norm");
  const LayerId sum = block.shortcutFirst ? b.join("add", shortcut, norm) : b.join("add", norm, shortcut);
  if (block.activation != "none") b.add("activation", function(block.activation), "out");
  if (block.normTwice) b.join("add", b.last(), norm);
  if (block.sumTwice) b.join("add", b.last(), sum);
  return answer(b);
}

int count(const PhasePlan& phase, std::string_view op, Part part = Part::Forward) {
  int nodes = 0;
  for (const Node& node : phase.program.nodes) nodes += node.op->name == op && node.part == part;
  return nodes;
}

// Batch norms of either kind with an addend.
std::vector<const Node*> withAddend(const PhasePlan& phase) {
  std::vector<const Node*> nodes;
  for (const Node& node : phase.program.nodes)
    if (node.op->name.starts_with("batch_norm") && node.part == Part::Forward &&
        ops::hasAddend(callOf(phase.program, node).inputs))
      nodes.push_back(&node);
  return nodes;
}

NetRunner open(const Network& network, const TrainingConfig& training, bool fuse = true) {
  return NetRunner::open(network, training, smallImages(), {.fuse = fuse}).value();
}

// Losses and all weights and statistics of some steps, then an evaluation.
std::vector<float> trace(NetRunner& net, std::uint64_t from, std::uint64_t to) {
  std::vector<float> values;
  for (std::uint64_t step = from; step < to; ++step) {
    const auto batch = syntheticBatch(smallImages(), net.plan().batch, step);
    values.push_back(net.run(Phase::Train, batch.features.data(), batch.labels()).value().values[0]);
  }
  for (const auto& [role, bytes] : {std::pair{Role::Gradient, net.plan().parameterBytes},
                                    {Role::Parameter, net.plan().parameterBytes},
                                    {Role::State, net.plan().stateBytes}}) {
    const auto block = net.readBlock(role, bytes).value();
    values.insert(values.end(), block.begin(), block.end());
  }
  const auto batch = syntheticBatch(smallImages(), net.plan().batch, 77);
  values.push_back(net.run(Phase::Evaluate, batch.features.data(), batch.labels(), 4).value().values[0]);
  const auto output = net.output();
  values.insert(values.end(), output.begin(), output.end());
  return values;
}

void expectClose(const std::vector<float>& got, const std::vector<float>& want, float tolerance) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i)
    ASSERT_NEAR(got[i], want[i], tolerance * (1 + std::abs(want[i]))) << i;
}

void expectTrainsAlike(const Block& block) {
  NetRunner fused = open(residual(block), trainingOf()), plain = open(residual(block), trainingOf(), false);
  EXPECT_TRUE(withAddend(plain.plan().train).empty());
  expectClose(trace(fused, 0, 4), trace(plain, 0, 4), 2e-5f);
}

void expectFused(const Block& block, std::string_view layer, bool addendHasGradient = true) {
  const NetRunner net = open(residual(block), trainingOf());
  const PhasePlan& train = net.plan().train;
  const auto nodes = withAddend(train);
  ASSERT_EQ(nodes.size(), 1u) << train.program.dump();
  EXPECT_EQ(train.program.layers[static_cast<std::size_t>(nodes[0]->layer)], layer);
  EXPECT_EQ(nodes[0]->attrs.text("activation", ""), "relu");
  EXPECT_EQ(count(train, "add"), 0);
  EXPECT_EQ(count(train, "activation_grad", Part::Backward), block.detour ? 1 : 0);  // of the tanh
  int gradients = 0;
  for (const Node& node : train.program.nodes)
    gradients += node.op->name == "batch_norm_grad" && node.outputs.size() == 4;
  EXPECT_EQ(gradients, addendHasGradient ? 1 : 0) << train.program.dump();
  EXPECT_EQ(withAddend(net.plan().evaluate).size(), 1u);
  EXPECT_EQ(count(net.plan().evaluate, "add"), 0);
  expectTrainsAlike(block);
}

void expectApart(const Block& block) {
  const NetRunner net = open(residual(block), trainingOf());
  for (const PhasePlan* phase : {&net.plan().train, &net.plan().evaluate}) {
    EXPECT_TRUE(withAddend(*phase).empty()) << phase->program.dump();
    EXPECT_GE(count(*phase, "add"), 1);
  }
  expectTrainsAlike(block);
}

TEST(ResidualFusion, FusesTheSumOfABatchNormAndEitherShortcut) {
  expectFused({}, "norm");
  expectFused({.shortcutFirst = true}, "norm");
}

TEST(ResidualFusion, FusesTheLaterOfTwoBatchNorms) {
  expectFused({.project = true}, "shortcut norm");
  expectFused({.shortcutFirst = true, .project = true}, "shortcut norm");
}

TEST(ResidualFusion, WaitsForAnAddendThatIsComputedLater) {
  expectFused({.detour = true}, "norm");
}

TEST(ResidualFusion, ComputesNoUnusedGradient) {
  expectFused({.toData = true}, "norm", false);
}

TEST(ResidualFusion, LeavesValuesWithOtherReaders) {
  expectApart({.normTwice = true});
  expectApart({.sumTwice = true});
}

TEST(ResidualFusion, NeedsARelu) {
  expectApart({.activation = "none"});
  expectApart({.activation = "gelu"});
}

TEST(ResidualFusion, FusesEveryBlockOfAResNet) {
  const auto w = testing::workload("resnet20");
  TrainingConfig training = trainingOf();
  training.batch = 2;
  CompileReport report;
  const NetRunner net = NetRunner::open(w.network, training, w.data, {}, &report).value();
  EXPECT_EQ(withAddend(net.plan().train).size(), 9u);
  EXPECT_EQ(withAddend(net.plan().evaluate).size(), 9u);
  EXPECT_EQ(count(net.plan().train, "activation_grad", Part::Backward), 0);
  EXPECT_NE(std::ranges::find(report.fusions, "batch_norm_3: batch_norm + add"), report.fusions.end());
}

TEST(ResidualFusion, FusesInHalfPrecision) {
  for (const Precision precision : {Precision::Bf16, Precision::Fp16}) {
    NetRunner net = open(residual({.project = true}), trainingOf(precision));
    const auto nodes = withAddend(net.plan().train);
    ASSERT_EQ(nodes.size(), 1u);
    const OpCall call = callOf(net.plan().train.program, *nodes[0]);
    EXPECT_TRUE(isHalf(call.inputs[5].dtype) && call.inputs[5].dtype == call.inputs[0].dtype);
    for (const Node& node : net.plan().train.program.nodes) {
      if (node.op->name == "batch_norm_grad" && node.outputs.size() == 4) {
        EXPECT_TRUE(isHalf(net.plan().train.program.type(node.outputs[3]).dtype));
      }
    }
    NetRunner single = open(residual({.project = true}), trainingOf());
    const auto batch = syntheticBatch(smallImages(), 5, 3);
    const float loss = net.run(Phase::Train, batch.features.data(), batch.labels()).value().values[0];
    const float want = single.run(Phase::Train, batch.features.data(), batch.labels()).value().values[0];
    EXPECT_NEAR(loss, want, 0.02 * want);
  }
}

// A checkpoint of an unfused program has the same layout as that of a fused one.
TEST(ResidualFusion, ResumesWhereTheUnfusedProgramStopped) {
  const Network network = residual({.project = true});
  NetRunner plain = open(network, trainingOf(), false), fused = open(network, trainingOf());
  const Plan &a = plain.plan(), &b = fused.plan();
  ASSERT_EQ(a.states().size(), b.states().size());
  for (std::size_t i = 0; i < a.states().size(); ++i) {
    EXPECT_EQ(a.states()[i].name, b.states()[i].name);
    EXPECT_EQ(a.states()[i].offsetBytes, b.states()[i].offsetBytes);
  }
  (void)trace(plain, 0, 5);
  for (const auto& [role, bytes] : {std::pair{Role::Parameter, a.parameterBytes},
                                    {Role::Optimizer, a.optimizerBytes},
                                    {Role::State, a.stateBytes}})
    ASSERT_TRUE(fused.writeBlock(role, plain.readBlock(role, bytes).value()).ok());
  expectClose(trace(fused, 5, 9), trace(plain, 5, 9), 5e-5f);
}

}  // namespace
}  // namespace tandem
