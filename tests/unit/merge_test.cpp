// The layers that merge their inputs element by element: which ops they become, broadcasting, and that networks with
// them train. The conformance tests compare the ops with their definitions.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/network/analysis.h"
#include "core/ops/broadcast.h"
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

TrainingConfig trainingOf(Precision precision = Precision::Fp32) {
  TrainingConfig training;
  training.batch = 5;
  training.device.threads = 2;
  training.device.precision = precision;
  training.optimizer = {"adam", {{"learning_rate", 0.02}}};
  return training;
}

Attrs dense(std::int64_t units, std::string activation = "none") {
  return {{"units", units}, {"activation", std::move(activation)}};
}

// A convolution whose channels are multiplied by gates from their means.
Network squeezeAndExcitation() {
  NetworkBuilder b(smallImages().inputs[0].sample);
  const LayerId image = b.conv(8, 3, 1, true, "relu");
  b.add("global_average_pool2d");
  b.add("dense", dense(4, "relu"));
  const LayerId gate = b.add("dense", dense(8, "sigmoid"));
  b.join("multiply", image, gate);
  b.add("global_average_pool2d");
  b.add("dense", dense(4));
  return b.take();
}

std::vector<double> losses(NetRunner& net, int steps) {
  const auto batch = syntheticBatch(smallImages(), net.plan().batch, 3);
  std::vector<double> values;
  for (int step = 0; step < steps; ++step)
    values.push_back(
        static_cast<double>(net.run(Phase::Train, batch.features.data(), batch.labels()).value().values[0]));
  return values;
}

using Names = std::vector<std::string>;

Names opsOf(const Network& network) {
  Program program;
  const auto lowered = lowerNetwork(network, 4, false, 1, program);
  EXPECT_TRUE(lowered.ok()) << lowered.error().text();
  Names names;
  for (const Node& node : program.nodes) names.emplace_back(node.op->name);
  return names;
}

// The input merged with itself `copies` times.
Network merge(const char* type, int copies) {
  Network network;
  const LayerId in = *network.add("input", "in", {{"shape", std::vector<std::int64_t>{3, 3, 2}}});
  const LayerId it = *network.add(type, "it");
  for (int i = 0; i < copies; ++i) EXPECT_TRUE(network.connect(in, it).ok());
  return network;
}

TEST(Merge, LowersToOneOpPerPair) {
  EXPECT_EQ(opsOf(merge("add", 3)), (Names{"add", "add"}));
  EXPECT_EQ(opsOf(merge("average", 2)), (Names{"combine"}));
  EXPECT_EQ(opsOf(merge("average", 3)), (Names{"add", "combine"}));
  EXPECT_EQ(opsOf(merge("maximum", 3)), (Names{"combine", "combine"}));
  Program program;
  ASSERT_TRUE(lowerNetwork(merge("average", 4), 4, false, 1, program).ok());
  EXPECT_EQ(program.nodes.back().attrs.number("factor", 0), 0.25);
  EXPECT_FALSE(program.nodes.front().attrs.has("factor"));
}

// An image of 6 x 6 x 4 merged with a vector of this many values.
Network withVector(std::string_view type, std::int64_t units, bool vectorFirst = false) {
  NetworkBuilder b({6, 6, 4});
  const LayerId image = b.last();
  b.add("global_average_pool2d");
  const LayerId vector = b.add("dense", dense(units));
  vectorFirst ? b.join(type, vector, image) : b.join(type, image, vector);
  return b.take();
}

TEST(Merge, RepeatsVectorsOverImages) {
  for (const char* type : {"add", "average", "maximum", "minimum", "multiply", "subtract"}) {
    for (const std::int64_t units : {1, 4}) {
      for (const bool vectorFirst : {false, true}) {
        const Network network = withVector(type, units, vectorFirst);
        const Analysis analysis = analyze(network);
        ASSERT_TRUE(analysis.ok()) << type;
        EXPECT_EQ(analysis.layers.at(network.layers().back().id).output->text(), "6 x 6 x 4") << type;
        EXPECT_EQ(opsOf(network).back(), "combine");
      }
    }
  }
  const Analysis analysis = analyze(withVector("multiply", 3));
  ASSERT_FALSE(analysis.problems.empty());
  EXPECT_EQ(
      analysis.problems.front().error.text(),
      "multiply: needs inputs whose sizes are equal or 1 along each axis, but gets 6 x 6 x 4 and 3. Give the "
      "branches the same output shape, for instance with a 1 x 1 convolution");
}

TEST(Merge, SqueezeAndExcitationTrains) {
  NetRunner net = NetRunner::open(squeezeAndExcitation(), trainingOf(), smallImages()).value();
  const std::vector<double> values = losses(net, 200);
  EXPECT_LT(values.back(), 0.6 * values.front());
  EXPECT_GT(values.front(), 0.5);
}

TEST(Merge, ComputesInHalfPrecision) {
  NetRunner net = NetRunner::open(squeezeAndExcitation(), trainingOf(Precision::Bf16), smallImages()).value();
  int combines = 0, gradients = 0;
  const Program& program = net.plan().train.program;
  for (const Node& node : program.nodes) {
    if (node.op->name != "combine" && node.op->name != "combine_grad") continue;
    ++(node.op->name == "combine" ? combines : gradients);
    EXPECT_EQ(program.type(node.outputs[0]).dtype, DType::BF16) << program.dump();
  }
  EXPECT_EQ(combines, 2) << "the product, and the gradient of the image";
  EXPECT_EQ(gradients, 1) << "that of the gates, a sum over the pixels";
  NetRunner exact = NetRunner::open(squeezeAndExcitation(), trainingOf(), smallImages()).value();
  EXPECT_NEAR(losses(net, 1)[0], losses(exact, 1)[0], 0.05);
}

// The mean, the maximum and the minimum of a value and itself are this value, and both halves of the gradient return.
TEST(Merge, OfEqualInputsChangesNothing) {
  const auto network = [](const char* type) {
    NetworkBuilder b(smallImages().inputs[0].sample);
    LayerId last = b.conv(8, 3, 1, true, "tanh");
    if (type) last = b.join(type, last, last);
    b.add("global_average_pool2d");
    b.add("dense", dense(4));
    return b.take();
  };
  NetRunner plain = NetRunner::open(network(nullptr), trainingOf(), smallImages()).value();
  const auto weights = plain.readBlock(Role::Parameter, plain.plan().parameterBytes).value();
  const std::vector<double> expected = losses(plain, 10);
  for (const char* type : {"average", "maximum", "minimum"}) {
    NetRunner net = NetRunner::open(network(type), trainingOf(), smallImages()).value();
    ASSERT_TRUE(net.writeBlock(Role::Parameter, weights).ok());
    const std::vector<double> got = losses(net, 10);
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-5) << type << " " << i;
  }
}

TEST(Broadcast, NeedsEqualExtentsOrOne) {
  EXPECT_EQ(ops::broadcastShape(Shape{2, 3, 1}, Shape{2, 1, 5}).value(), (Shape{2, 3, 5}));
  EXPECT_EQ(ops::broadcastShape(Shape{4}, Shape{4}).value(), Shape{4});
  EXPECT_FALSE(ops::broadcastShape(Shape{2, 3}, Shape{2, 4}).ok());
  EXPECT_FALSE(ops::broadcastShape(Shape{2, 3}, Shape{2, 1, 3}).ok());
}

TEST(Broadcast, JoinsAxesThatAreStoredAlike) {
  const auto count = [](const Shape& result, const Shape& a, const Shape& b) {
    return ops::broadcastAxes(result, a, b).count;
  };
  EXPECT_EQ(count({2, 3, 4, 5}, {2, 3, 4, 5}, {2, 3, 4, 5}), 1);
  EXPECT_EQ(count({2, 3, 4, 5}, {2, 3, 4, 5}, {2, 3, 4, 1}), 2);
  EXPECT_EQ(count({2, 3, 4, 5}, {2, 3, 4, 5}, {2, 1, 1, 5}), 3);
  EXPECT_EQ(count({1, 1}, {1, 1}, {1, 1}), 0);

  const ops::BroadcastAxes axes = ops::broadcastAxes({2, 3, 4, 5}, {2, 3, 4, 5}, {2, 1, 1, 5});
  const ops::Offsets last = axes.at(std::int64_t{119}), middle = axes.at(std::int64_t{67});
  EXPECT_EQ(last.first, 119);
  EXPECT_EQ(last.second, 9);
  EXPECT_EQ(middle.first, 67);
  EXPECT_EQ(middle.second, 7);

  const ops::SumAxes sums = ops::sumAxes({2, 3, 4, 5}, {2, 1, 1, 5}, {2, 3, 4, 5});
  EXPECT_EQ(sums.kept.elements(), 10);
  EXPECT_EQ(sums.summed.elements(), 12);
  EXPECT_EQ(sums.summed.count, 1);
  EXPECT_FALSE(sums.innermostSummed);
  EXPECT_TRUE(ops::sumAxes({2, 3, 4, 5}, {2, 3, 4, 1}, {2, 3, 4, 5}).innermostSummed);
}

}  // namespace
}  // namespace tandem
