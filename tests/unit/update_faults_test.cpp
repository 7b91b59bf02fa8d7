// Gradients and weights that are not finite: every optimizer reports them, with the parameter that they are in.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "core/ops/loss_scale.h"
#include "core/ops/update_faults.h"
#include "core/optimizers/optimizer.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"

namespace tandem {
namespace {

using testing::NetRunner;
using testing::NetworkBuilder;
using testing::SyntheticBatch;
using testing::syntheticBatch;

constexpr std::int64_t kFeatures = 8, kBatch = 8;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

DatasetInfo threeClasses() {
  DatasetInfo data;
  data.name = "three classes";
  data.inputs[0].sample = {kFeatures};
  data.targets[0].classes = 3;
  return data;
}

TrainingConfig trainingOf(const OptimizerConfig& optimizer) {
  TrainingConfig training;
  training.optimizer = optimizer;
  training.batch = kBatch;
  training.device.threads = 2;
  return training;
}

// units: of the first layer, whose relu turns an infinite weight into 0.
NetRunner opened(const TrainingConfig& training, std::int64_t units = 5) {
  NetworkBuilder b({kFeatures});
  b.add("dense", {{"units", units}, {"activation", std::string("relu")}}, "hidden");
  b.add("dense", {{"units", std::int64_t{3}}}, "answer");
  return NetRunner::open(b.take(), training, threeClasses()).value();
}

struct Step {
  bool finiteLoss = false;
  std::string gradient, weight;  // the parameters with the faults; empty for none
};

Step step(NetRunner& net, const SyntheticBatch& batch) {
  const StepReport report = net.run(Phase::Train, batch.features.data(), batch.labels()).value();
  const auto nameAt = [&](UpdateFault fault) -> std::string {
    const float place = report.values[net.plan().faults + static_cast<std::size_t>(fault)];
    if (place == 0) return {};
    const auto offset = static_cast<std::size_t>(elementOfFault(place)) * sizeof(float);
    std::string name;
    for (const ParameterInfo& info : net.plan().parameters())
      if (info.offsetBytes <= offset) name = info.name;
    return name;
  };
  return {std::isfinite(report.values[0]), nameAt(kGradientFault), nameAt(kWeightFault)};
}

SyntheticBatch goodBatch() {
  return syntheticBatch(threeClasses(), kBatch, 1);
}

SyntheticBatch batchWithNan() {
  SyntheticBatch batch = goodBatch();
  batch.features[3] = std::numeric_limits<float>::quiet_NaN();
  return batch;
}

// Of the parameter with that name.
void setWeight(NetRunner& net, std::string_view name, std::int64_t element, float value) {
  for (const ParameterInfo& info : net.plan().parameters()) {
    if (info.name != name) continue;
    const std::size_t at = info.offsetBytes + static_cast<std::size_t>(element) * sizeof(float);
    ASSERT_TRUE(net.session().write(Role::Parameter, at, std::as_bytes(std::span(&value, 1))).ok());
    return;
  }
  FAIL() << "no parameter " << name;
}

// Whatever changes gradients before the optimizer, or follows it.
std::vector<std::pair<std::string, std::function<void(TrainingConfig&)>>> settings() {
  return {{"alone", [](TrainingConfig&) {}},
          {"clipped by norm", [](TrainingConfig& t) { t.clip = ClipKind::Norm; }},
          {"clipped by value", [](TrainingConfig& t) { t.clip = ClipKind::Value; }},
          {"averaged", [](TrainingConfig& t) { t.average = 0.9; }},
          {"all", [](TrainingConfig& t) {
             t.clip = ClipKind::Norm;
             t.average = 0.9;
             t.l2 = 0.01;
           }}};
}

void forAll(const std::function<void(const TrainingConfig&)>& check) {
  for (const OptimizerDef* optimizer : Catalog<OptimizerDef>::all())
    for (const auto& [name, change] : settings()) {
      SCOPED_TRACE(std::string(optimizer->type) + ", " + name);
      TrainingConfig training = trainingOf(OptimizerConfig(*optimizer));
      change(training);
      check(training);
    }
}

TEST(UpdateFaults, StepsWithFiniteNumbersHaveNone) {
  forAll([](const TrainingConfig& training) {
    NetRunner net = opened(training);
    for (int i = 0; i < 3; ++i) {
      const Step result = step(net, goodBatch());
      EXPECT_TRUE(result.finiteLoss);
      EXPECT_EQ(result.gradient + result.weight, "");
    }
  });
}

// Of several parameters, the last is named, because backpropagation begins with it.
TEST(UpdateFaults, AGradientThatIsNotFiniteIsReported) {
  forAll([](const TrainingConfig& training) {
    NetRunner net = opened(training);
    const Step result = step(net, batchWithNan());
    EXPECT_FALSE(result.finiteLoss);
    EXPECT_EQ(result.gradient, "answer/bias");
    EXPECT_EQ(result.weight, "answer/bias");
  });
}

// The weight never reaches the loss.
TEST(UpdateFaults, AWeightBehindAReluIsReported) {
  forAll([](const TrainingConfig& training) {
    NetRunner net = opened(training);
    setWeight(net, "hidden/bias", 2, -kInfinity);
    const Step result = step(net, goodBatch());
    EXPECT_TRUE(result.finiteLoss);
    EXPECT_EQ(result.weight, "hidden/bias");
    EXPECT_EQ(result.gradient, "");
  });
}

TEST(UpdateFaults, AStepReportsOnlyItsOwn) {
  NetRunner net = opened(trainingOf("sgd"));
  setWeight(net, "hidden/bias", 2, -kInfinity);
  EXPECT_EQ(step(net, goodBatch()).weight, "hidden/bias");
  const std::vector<float> parameters = initialParameters(net.plan()).value();
  ASSERT_TRUE(net.writeBlock(Role::Parameter, parameters).ok());
  std::vector<float> state(net.plan().optimizerBytes / sizeof(float));
  ASSERT_TRUE(net.writeBlock(Role::Optimizer, state).ok());
  EXPECT_EQ(step(net, goodBatch()).weight, "");
}

// With accumulated gradients, the last batch of an update decides, as in the mean that it is about.
TEST(UpdateFaults, AccumulatedGradientsAreCheckedWithTheUpdate) {
  for (const OptimizerDef* optimizer : Catalog<OptimizerDef>::all()) {
    SCOPED_TRACE(optimizer->type);
    TrainingConfig training = trainingOf(OptimizerConfig(*optimizer));
    training.accumulate = 2;
    NetRunner net = opened(training);
    const Step first = step(net, batchWithNan());
    EXPECT_EQ(first.gradient + first.weight, "") << "no update yet";
    const Step second = step(net, goodBatch());
    EXPECT_TRUE(second.finiteLoss);
    EXPECT_EQ(second.gradient, "answer/bias");
    EXPECT_EQ(second.weight, "answer/bias");
  }
}

// Overflows of fp16 are expected: the step is skipped and the scale reduced.
TEST(UpdateFaults, ASkippedStepOfFp16HasNone) {
  for (const OptimizerDef* optimizer : Catalog<OptimizerDef>::all()) {
    SCOPED_TRACE(optimizer->type);
    TrainingConfig training = trainingOf(OptimizerConfig(*optimizer));
    training.device.precision = Precision::Fp16;
    NetRunner net = opened(training);
    const std::vector<float> scale{1073741824, 0, 0, 0};  // 2^30: every gradient overflows
    ASSERT_TRUE(
        net.session().write(Role::State, *net.plan().lossScaleOffset, std::as_bytes(std::span(scale))).ok());
    const Step result = step(net, goodBatch());
    EXPECT_TRUE(result.finiteLoss);
    EXPECT_EQ(result.gradient + result.weight, "");
    std::vector<float> after(scale.size());
    ASSERT_TRUE(net.session()
                    .read(Role::State, *net.plan().lossScaleOffset, std::as_writable_bytes(std::span(after)))
                    .ok());
    EXPECT_EQ(after[kLossScaleSkipped], 1) << "the case would not test a skipped step";
  }
}

// Several threads, each with a part of the block, and vectors with a remainder.
TEST(UpdateFaults, EveryElementOfALargeBlockIsChecked) {
  constexpr std::int64_t kUnits = 9001;
  for (const OptimizerDef* optimizer : Catalog<OptimizerDef>::all()) {
    SCOPED_TRACE(optimizer->type);
    TrainingConfig training = trainingOf(OptimizerConfig(*optimizer));
    for (const std::int64_t unit : {std::int64_t{0}, std::int64_t{4444}, kUnits - 1}) {
      NetRunner net = opened(training, kUnits);
      setWeight(net, "hidden/bias", unit, -kInfinity);
      const Step result = step(net, goodBatch());
      EXPECT_TRUE(result.finiteLoss);
      EXPECT_EQ(result.gradient, "");
      EXPECT_EQ(result.weight, "hidden/bias") << unit;
    }
  }
}

TEST(UpdateFaults, PlacesBelongToOneParameter) {
  EXPECT_EQ(faultPlace(0), 1);
  EXPECT_EQ(faultPlace(kFaultGrain - 1), 1);
  EXPECT_EQ(faultPlace(kFaultGrain), 2);
  for (const std::int64_t element :
       {std::int64_t{0}, std::int64_t{16}, (std::int64_t{1} << 28) - kFaultGrain})
    EXPECT_EQ(elementOfFault(faultPlace(element)), element);
}

}  // namespace
}  // namespace tandem
