// The pass that assigns precision: which values become half, where casts occur, which remain f32.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"

namespace tandem {
namespace {

using testing::NetRunner;

NetRunner open(std::string_view name, Precision precision, CompileReport* report = nullptr,
               const CompileOptions& options = {}) {
  const testing::Workload w = testing::workload(name);
  TrainingConfig training;
  training.batch = 4;
  training.clip = ClipKind::Norm;
  training.l2 = 1e-4;
  training.device.threads = 1;
  training.device.precision = precision;
  return NetRunner::open(w.network, training, w.data, options, report).value();
}

TEST(HalfOperands, EveryOpAcceptsHalfOrStatesWhyNot) {
  for (const OpDef* op : allOps())
    EXPECT_TRUE(op->half.acceptsHalf() || !op->half.why.empty())
        << op->name << " stays in f32 without a reason";
}

class Precisions : public ::testing::TestWithParam<std::tuple<std::string, Precision>> {
 protected:
  std::string workload() const { return std::get<0>(GetParam()); }
  Precision precision() const { return std::get<1>(GetParam()); }
  DType half() const { return precision() == Precision::Bf16 ? DType::BF16 : DType::F16; }
};

TEST_P(Precisions, CastsOccurOnlyAtBoundaries) {
  NetRunner net = open(workload(), precision());
  for (const PhasePlan* phase : {&net.plan().train, &net.plan().evaluate}) {
    const Program& p = phase->program;
    std::map<ValueId, const Node*> madeBy;
    std::set<std::pair<ValueId, DType>> casts;
    int ofWeights = 0;
    for (const Node& node : p.nodes) {
      for (const ValueId id : node.outputs) madeBy[id] = &node;
      if (node.op->name != "cast") continue;
      const DType from = p.type(node.inputs[0]).dtype, to = p.type(node.outputs[0]).dtype;
      EXPECT_NE(from, to);
      EXPECT_TRUE(isHalf(from) != isHalf(to)) << "a cast between other types";
      EXPECT_TRUE(casts.insert({node.inputs[0], to}).second) << "a value is cast twice\n" << p.dump();
      const auto maker = madeBy.find(node.inputs[0]);
      EXPECT_TRUE(maker == madeBy.end() || maker->second->op->name != "cast") << "a cast of a cast";
      ofWeights += p.value(p.storage(node.inputs[0]).first).role == Role::Parameter;
    }
    EXPECT_EQ(ofWeights, 1) << "weights are copied once, as one block";
    EXPECT_LE(casts.size(), 5u) << p.dump();
  }
}

TEST_P(Precisions, OperandsMatchTheTable) {
  NetRunner net = open(workload(), precision());
  const Program& p = net.plan().train.program;
  int inHalf = 0;
  for (const Node& node : p.nodes) {
    if (node.op->view || node.op->name == "cast") continue;
    const HalfOperands& rule = node.op->half;
    std::vector<TensorType> inputs;
    bool any = false;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      inputs.push_back(node.inputs[i] == kNoValue ? TensorType{} : p.type(node.inputs[i]));
      if (!isHalf(inputs.back().dtype)) continue;
      any = true;
      EXPECT_EQ(inputs.back().dtype, half());
      EXPECT_TRUE(rule.acceptsHalf(i)) << node.op->name << " operand " << i;
    }
    inHalf += any;
    const auto results = node.op->infer(node.attrs, inputs);
    ASSERT_TRUE(results.ok()) << results.error().text();
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      EXPECT_TRUE(node.outputs[i] == kNoValue || p.type(node.outputs[i]) == (*results)[i]) << node.op->name;
    }
    const bool product = node.op->name == "matmul" || node.op->name.starts_with("conv2d");
    EXPECT_TRUE(any || !product) << node.op->name;
  }
  EXPECT_GT(inHalf, 4);
  for (const Value& value : p.values)
    EXPECT_TRUE(!isHalf(value.type.dtype) || value.role == Role::Temp) << value.name << " persists in half";
}

TEST_P(Precisions, HoldsWithoutFusionAndSharedMemory) {
  CompileOptions plain;
  plain.fuse = plain.planMemory = false;
  NetRunner net = open(workload(), precision(), nullptr, plain);
  const testing::Workload w = testing::workload(workload());
  const auto batch = testing::syntheticBatch(w.data, 4, 1);
  const float loss = net.run(Phase::Train, batch.features.data(), batch.labels())->values[0];
  NetRunner planned = open(workload(), precision());
  const float same = planned.run(Phase::Train, batch.features.data(), batch.labels())->values[0];
  EXPECT_NEAR(loss, same, 0.05f * same);
  (void)planned.run(Phase::Evaluate, batch.features.data(), batch.labels()).value();
  for (const float x : planned.output()) EXPECT_TRUE(std::isfinite(x)) << "outputs are read as f32";
}

INSTANTIATE_TEST_SUITE_P(
    Nets, Precisions,
    ::testing::Combine(::testing::Values("mlp", "lenet", "resnet20", "mobile", "transformer"),
                       ::testing::Values(Precision::Bf16, Precision::Fp16)),
    [](const auto& of) { return std::get<0>(of.param) + "_" + std::string(nameOf(std::get<1>(of.param))); });

TEST(Precision, Fp32AndTf32ProgramsAreUnchanged) {
  for (const Precision precision : {Precision::Fp32, Precision::Tf32}) {
    NetRunner net = open("resnet20", precision);
    for (const PhasePlan* phase : {&net.plan().train, &net.plan().evaluate}) {
      for (const Value& value : phase->program.values) EXPECT_FALSE(isHalf(value.type.dtype));
      for (const Node& node : phase->program.nodes)
        EXPECT_FALSE(node.op->name == "cast" || node.op->name.starts_with("loss_scale"));
    }
    EXPECT_FALSE(net.plan().lossScaleOffset);
  }
}

// An output that an op computes in half is cast once, so that readers get f32; softmax within a network
// remains f32, with casts around it.
TEST(Precision, OutputsAreAlwaysF32) {
  testing::NetworkBuilder b({8, 8, 3});
  b.conv(4, 3);
  b.add("activation", {{"function", std::string("softmax")}});
  b.conv(5, 3, 1, true, "gelu");
  b.add("global_average_pool2d");
  const Network network = b.take();
  DatasetInfo data;
  data.name = "five classes";
  data.inputs[0].sample = {8, 8, 3};
  data.targets[0].classes = 5;
  TrainingConfig training;
  training.batch = 6;
  training.device.threads = 1;
  std::vector<std::vector<float>> answers;
  for (const Precision precision : {Precision::Fp32, Precision::Bf16, Precision::Fp16}) {
    training.device.precision = precision;
    auto net = NetRunner::open(network, training, data);
    ASSERT_TRUE(net.ok()) << net.error().text();
    const auto batch = testing::syntheticBatch(data, training.batch, 2);
    (void)net->run(Phase::Evaluate, batch.features.data(), batch.labels()).value();
    EXPECT_EQ(net->plan().evaluate.program.type(net->plan().evaluate.outputs[0].value).dtype, DType::F32);
    answers.push_back(net->output());
    (void)net->run(Phase::Train, batch.features.data(), batch.labels()).value();
  }
  for (std::size_t i = 0; i < answers[0].size(); ++i) {
    EXPECT_NEAR(answers[1][i], answers[0][i], 2e-2) << i;
    EXPECT_NEAR(answers[2][i], answers[0][i], 2e-3) << i;
  }
}

TEST(Precision, TheReportStatesPrecisionAndReason) {
  CompileReport report;
  open("lenet", Precision::Bf16, &report);
  const auto has = [&](const std::string& line) {
    return std::ranges::find(report.precisions, line) != report.precisions.end();
  };
  EXPECT_TRUE(has("conv2d_2: conv2d, activation_grad, conv2d_dgrad in bf16"))
      << ::testing::PrintToString(report.precisions);
  EXPECT_TRUE(has("conv2d_2: bias_grad, conv2d_wgrad in bf16 to fp32 (the gradient in fp32)"));
  EXPECT_TRUE(has("loss: softmax_cross_entropy, softmax_cross_entropy_grad in fp32 (the loss)"));
  EXPECT_TRUE(std::ranges::any_of(
      report.passes, [](const PassTime& pass) { return pass.pass == "train/assign precision"; }));
}

}  // namespace
}  // namespace tandem
