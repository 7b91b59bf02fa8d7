// Bias and activation as part of the op before them. tests/unit/residual_fusion_test.cpp has those of batch norms.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"

namespace tandem {
namespace {

using testing::NetRunner;
using testing::NetworkBuilder;
using testing::syntheticBatch;

DatasetInfo vectors() {
  DatasetInfo data;
  data.name = "vectors";
  data.inputs[0].sample = {6};
  data.targets[0].classes = 3;
  return data;
}

TrainingConfig trainingOf() {
  TrainingConfig training;
  training.batch = 5;
  training.device.threads = 1;
  training.optimizer = {"sgd", {{"learning_rate", 0.05}}};
  return training;
}

Attrs function(std::string_view name) {
  return {{"function", std::string(name)}};
}

int count(const PhasePlan& phase, std::string_view op) {
  int nodes = 0;
  for (const Node& node : phase.program.nodes) nodes += node.op->name == op && node.part == Part::Forward;
  return nodes;
}

// The outputs of an evaluation after some training.
std::vector<float> answers(const Network& network, bool fuse, CompileReport* report = nullptr) {
  NetRunner net = NetRunner::open(network, trainingOf(), vectors(), {.fuse = fuse}, report).value();
  for (std::uint64_t step = 0; step < 3; ++step) {
    const auto batch = syntheticBatch(vectors(), 5, step);
    EXPECT_TRUE(net.run(Phase::Train, batch.features.data(), batch.labels()).ok());
  }
  const auto batch = syntheticBatch(vectors(), 5, 77);
  EXPECT_TRUE(net.run(Phase::Evaluate, batch.features.data(), batch.labels()).ok());
  return net.output();
}

void expectSameAnswers(const Network& network, CompileReport& report) {
  const auto fused = answers(network, true, &report), plain = answers(network, false);
  ASSERT_EQ(fused.size(), plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_NEAR(fused[i], plain[i], 2e-5f) << i;
}

TEST(Fusions, JoinBiasAndActivation) {
  NetworkBuilder b(Shape{6});
  b.add("dense", {{"units", std::int64_t{8}}, {"activation", std::string("tanh")}}, "hidden");
  b.add("dense", {{"units", std::int64_t{3}}}, "out");
  const Network network = b.take();
  CompileReport report;
  expectSameAnswers(network, report);
  for (const char* fusion : {"hidden: matmul + bias", "hidden: matmul + tanh", "out: matmul + bias"})
    EXPECT_NE(std::ranges::find(report.fusions, fusion), report.fusions.end()) << fusion;
  const NetRunner net = NetRunner::open(network, trainingOf(), vectors()).value();
  for (const PhasePlan* phase : {&net.plan().train, &net.plan().evaluate}) {
    EXPECT_EQ(count(*phase, "bias_add") + count(*phase, "activation"), 0) << phase->program.dump();
    for (const Node& node : phase->program.nodes) {
      if (node.op->name != "matmul" || node.part != Part::Forward) continue;
      EXPECT_EQ(node.inputs.size(), 3u);
    }
  }
}

// An op has one activation, and its bias comes before it.
TEST(Fusions, LeaveASecondActivation) {
  for (const bool bias : {true, false}) {
    NetworkBuilder b(Shape{6});
    b.add("dense", {{"units", std::int64_t{8}}, {"use_bias", std::int64_t{bias}}}, "hidden");
    b.add("activation", function("sigmoid"), "first");
    b.add("activation", function("tanh"), "second");
    b.add("dense", {{"units", std::int64_t{3}}}, "out");
    const Network network = b.take();
    CompileReport report;
    expectSameAnswers(network, report);
    EXPECT_NE(std::ranges::find(report.fusions, "hidden: matmul + sigmoid"), report.fusions.end());
    EXPECT_EQ(std::ranges::find(report.fusions, "hidden: matmul + tanh"), report.fusions.end());
    const NetRunner net = NetRunner::open(network, trainingOf(), vectors()).value();
    for (const PhasePlan* phase : {&net.plan().train, &net.plan().evaluate})
      EXPECT_EQ(count(*phase, "activation"), 1) << phase->program.dump();
  }
}

}  // namespace
}  // namespace tandem
