// Sessions of the CUDA backend, on the stand-in.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

#include "core/ops/matmul.h"
#include "core/ops/update_faults.h"
#include "core/optimizers/optimizer.h"
#include "core/runtime/registry.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"

namespace tandem::testing {
namespace {

constexpr int kSteps = 400;

// The settings of the stand-in are read once per process, so each test needs a separate process.
class StandInSession : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  // Exits with 0 if kSteps profiled steps succeed and report the times of all kernels.
  [[noreturn]] static void runProfiledSteps() {
    const Workload w = workload("tiny");
    TrainingConfig config;
    config.batch = 32;
    config.device.device = "cuda:0";
    auto net = NetRunner::open(w.network, config, w.data);
    if (!net.ok()) std::exit(2);
    net->session().setProfiling(true);
    const SyntheticBatch batch = syntheticBatch(w.data, 32, 1);
    for (int i = 0; i < kSteps; ++i)
      if (!net->run(Phase::Train, batch.features.data(), batch.labels()).ok()) std::exit(3);
    std::size_t kernels = 1;  // and the copy of the batch
    for (const Node& node : net->plan().train.program.nodes) kernels += node.op->view ? 0 : 1;
    const std::vector<NodeTime> times = net->session().profile();
    if (times.size() != kernels) std::exit(4);
    for (const NodeTime& time : times)
      if (!(time.seconds >= 0 && time.seconds < 60)) std::exit(5);
    std::exit(0);
  }
};

// Fewer launches than steps are allowed, so that the host cannot have launched the kernels: their times do not contain
// the gaps between launches.
TEST_F(StandInSession, ProfiledStepsAreCaptured) {
  const auto body = [] {
    setenv("TANDEM_STAND_IN_FAIL", ("launch:" + std::to_string(kSteps) + ":701").c_str(), 1);
    runProfiledSteps();
  };
  EXPECT_EXIT(body(), ::testing::ExitedWithCode(0), "");
}

TEST_F(StandInSession, ProfilingWorksWhereEventsCannotBeCaptured) {
  const auto body = [] {
    setenv("TANDEM_STAND_IN_QUIRKS", "no_event_nodes", 1);
    runProfiledSteps();
  };
  EXPECT_EXIT(body(), ::testing::ExitedWithCode(0), "");
}

// The lab lists devices while, for example, a calibration runs.
TEST(StandInBackend, ListsDevicesWhileAnOpRuns) {
  Backend& backend = **DeviceRegistry::instance().backendFor("cuda:0");
  ASSERT_FALSE(backend.devices().empty());  // what the list needs of CUDA is read only once
  std::atomic<bool> started{false}, finished{false};
  std::thread job([&] {
    const Attrs attrs;
    const TensorType square{DType::F32, {900, 900}};
    const Tensor a(square), b(square);
    Tensor y(square);
    DeviceOptions options;
    options.device = "cuda:0";
    const Tensor* inputs[] = {&a, &b};
    Tensor* outputs[] = {&y};
    started = true;
    EXPECT_TRUE(backend
                    .runOp(options, {&ops::matmul, &attrs, {square, square}, {square}}, "cublaslt", inputs,
                           outputs, 1)
                    .ok());
    finished = true;
  });
  while (!started) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const bool early = !finished;
  EXPECT_EQ(backend.devices().size(), 1u);
  const bool waited = finished;
  job.join();
  if (!early) GTEST_SKIP() << "the op ended before the list was asked for";
  EXPECT_FALSE(waited);
}

// The relu of cuBLASLt's epilogue turns the NaN into 0, so that the loss does not show it.
TEST(StandInUpdates, ANanThatAReluDropsIsReported) {
  DatasetInfo data;
  data.name = "three classes";
  data.inputs[0].sample = {8};
  data.targets[0].classes = 3;
  const SyntheticBatch batch = syntheticBatch(data, 8, 1);
  for (const OptimizerDef* optimizer : Catalog<OptimizerDef>::all()) {
    SCOPED_TRACE(optimizer->type);
    TrainingConfig training;
    training.optimizer = OptimizerConfig(*optimizer);
    training.batch = 8;
    training.device.device = "cuda:0";
    NetworkBuilder b({8});
    b.add("dense", {{"units", std::int64_t{5}}}, "first");
    b.add("dense", {{"units", std::int64_t{5}}, {"activation", std::string("relu")}}, "hidden");
    b.add("dense", {{"units", std::int64_t{3}}}, "answer");
    NetRunner net = NetRunner::open(b.take(), training, data).value();
    const auto& parameters = net.plan().parameters();
    const auto kernel = std::ranges::find(parameters, "hidden/kernel", &ParameterInfo::name);
    ASSERT_NE(kernel, parameters.end());
    struct Step {
      float loss, gradient, weight;
    };
    const auto train = [&] {
      const StepReport report = net.run(Phase::Train, batch.features.data(), batch.labels()).value();
      const std::size_t faults = net.plan().faults;
      return Step{report.values[0], report.values[faults + kGradientFault],
                  report.values[faults + kWeightFault]};
    };
    const Step good = train();
    EXPECT_TRUE(std::isfinite(good.loss));
    EXPECT_EQ(good.gradient, 0);
    EXPECT_EQ(good.weight, 0);
    // An evaluation writes the same block.
    ASSERT_TRUE(net.run(Phase::Evaluate, batch.features.data(), batch.labels()).ok());
    const float nan = std::numeric_limits<float>::quiet_NaN();
    ASSERT_TRUE(
        net.session().write(Role::Parameter, kernel->offsetBytes, std::as_bytes(std::span(&nan, 1))).ok());
    const Step bad = train();
    EXPECT_TRUE(std::isfinite(bad.loss));
    EXPECT_GT(bad.gradient, 0) << "that of the first layer, which the NaN multiplies";
    EXPECT_LT(elementOfFault(bad.gradient), static_cast<std::int64_t>(kernel->offsetBytes / sizeof(float)));
    const auto element = static_cast<std::size_t>(elementOfFault(bad.weight));
    EXPECT_GE(element * sizeof(float), kernel->offsetBytes);
    EXPECT_LT(element, kernel->offsetBytes / sizeof(float) + 25);
    ASSERT_TRUE(net.writeBlock(Role::Parameter, initialParameters(net.plan()).value()).ok());
    const std::vector<float> state(net.plan().optimizerBytes / sizeof(float));
    ASSERT_TRUE(net.writeBlock(Role::Optimizer, state).ok());
    const Step again = train();
    EXPECT_EQ(again.gradient, 0);
    EXPECT_EQ(again.weight, 0);
  }
}

}  // namespace
}  // namespace tandem::testing
