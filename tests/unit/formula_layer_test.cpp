// The formula layer: networks with it compute and train like those with the layers that it replaces.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/network/analysis.h"
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

Attrs formulaOf(std::string text) {
  return {{"formula", std::move(text)}};
}

Network withLayer(std::string_view type, Attrs properties) {
  NetworkBuilder b(smallImages().inputs[0].sample);
  b.conv(8, 3, 1);
  b.add(type, std::move(properties), "it");
  b.add("global_average_pool2d");
  b.add("dense", {{"units", std::int64_t{4}}});
  return b.take();
}

std::vector<double> losses(const Network& network, const TrainingConfig& training = trainingOf(),
                           int steps = 20) {
  auto net = NetRunner::open(network, training, smallImages());
  EXPECT_TRUE(net.ok()) << (net.ok() ? "" : net.error().text());
  std::vector<double> values;
  if (!net.ok()) return values;
  const auto batch = syntheticBatch(smallImages(), net->plan().batch, 3);
  for (int step = 0; step < steps; ++step)
    values.push_back(
        static_cast<double>(net->run(Phase::Train, batch.features.data(), batch.labels()).value().values[0]));
  return values;
}

void expectNear(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << "step " << i;
}

TEST(FormulaLayer, TrainsLikeTheLayersThatItReplaces) {
  const std::vector<double> silu = losses(withLayer("activation", {{"function", std::string("silu")}}));
  EXPECT_LT(silu.back(), silu.front());
  expectNear(losses(withLayer("formula", {})), silu, 1e-3);
  expectNear(losses(withLayer("formula", formulaOf("where(x > 0, x, alpha * x); alpha = 0"))),
             losses(withLayer("prelu", {})), 1e-3);
}

TEST(FormulaLayer, ParametersAreTrained) {
  const TrainingConfig training = trainingOf();
  for (const char* parameters : {"per_channel", "single"}) {
    Attrs properties = formulaOf("gain * tanh(x) + offset; gain = 0.5; offset = -1");
    properties.set("parameters", std::string(parameters));
    const Network network = withLayer("formula", properties);
    const Analysis analysis = analyze(network);
    ASSERT_TRUE(analysis.ok());
    EXPECT_EQ(analysis.layers.at(network.findByName("it")->id).parameters,
              std::string(parameters) == "single" ? 2 : 16);
    const std::vector<double> values = losses(network, training, 200);
    ASSERT_FALSE(values.empty());
    EXPECT_LT(values.back(), 0.95 * values.front()) << parameters;
  }
}

TEST(FormulaLayer, TrainsInHalfPrecision) {
  const Network network = withLayer("formula", formulaOf("x * sigmoid(beta * x)"));
  expectNear(losses(network, trainingOf(Precision::Bf16)), losses(network), 0.1);
}

bool hasProblem(const Network& network, std::string_view message) {
  const Analysis analysis = analyze(network);
  return std::ranges::any_of(analysis.problems,
                             [&](const Problem& problem) { return problem.error.message == message; });
}

TEST(FormulaLayer, InputsAreBroadcast) {
  NetworkBuilder b({6, 6, 4});
  const LayerId image = b.last();
  b.add("global_average_pool2d");
  const LayerId vector = b.add("dense", {{"units", std::int64_t{4}}});
  const LayerId gate = b.addTo(image, "formula", formulaOf("a * sigmoid(b)"), "gate");
  Network network = b.take();
  EXPECT_TRUE(hasProblem(network, "its input 'b' is not connected"));
  ASSERT_TRUE(network.connect(vector, gate).ok());
  EXPECT_EQ(analyze(network).layers.at(gate).output->text(), "6 x 6 x 4");
  ASSERT_TRUE(network.connect(vector, gate).ok());
  EXPECT_TRUE(hasProblem(network, "its formula reads 2 inputs, but 3 are connected"));
}

TEST(FormulaLayer, AnInvalidFormulaIsRefusedWithItsPlace) {
  Network network = withLayer("formula", {});
  const LayerId id = network.findByName("it")->id;
  const Status status = network.setProperty(id, "formula", std::string("x * sigmod(x)"));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "Formula: there is no function 'sigmod' at column 5");
  EXPECT_EQ(status.error().hint, "Did you mean sigmoid?");
  EXPECT_TRUE(network.find(id)->properties.items().empty());
}

}  // namespace
}  // namespace tandem
