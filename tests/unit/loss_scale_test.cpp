// Dynamic loss scaling in fp16, with the CPU's emulation: small gradients do not vanish, an overflow is
// skipped and recovered from, the corrections of Adam and Nadam are unaffected, and a run that only overflows ends.
#include "core/ops/loss_scale.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/ops/loss_scale_update.h"
#include "core/train/step_values.h"
#include "core/train/trainer.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"
#include "tests/unit/fake_backend.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

using testing::NetRunner;
using testing::NetworkBuilder;
using testing::SyntheticBatch;

DatasetInfo threeClasses() {
  DatasetInfo data;
  data.name = "three classes";
  data.inputs[0].sample = {8};
  data.targets[0].classes = 3;
  return data;
}

// A network of two dense layers in fp16 (or another precision), and the batch that it is trained on.
struct Subject {
  NetRunner net;
  SyntheticBatch batch;
  std::vector<float> scale = std::vector<float>(kLossScaleSlots);

  static Subject open(Precision precision, std::int64_t rows = 32, const char* optimizer = "sgd") {
    NetworkBuilder b({8});
    b.add("dense", {{"units", std::int64_t{16}}, {"activation", std::string("tanh")}}, "hidden");
    b.add("dense", {{"units", std::int64_t{3}}}, "answer");
    TrainingConfig training;
    training.batch = rows;
    training.optimizer = {optimizer, {{"learning_rate", 0.05}}};
    training.device.threads = 1;
    training.device.precision = precision;
    return {NetRunner::open(b.take(), training, threeClasses()).value(),
            testing::syntheticBatch(threeClasses(), rows, 3)};
  }

  StepReport step() { return net.run(Phase::Train, batch.features.data(), batch.labels()).value(); }
  void setScale(float value, float good = 0) {
    scale = {value, good, 0, 0};
    ASSERT_TRUE(
        net.session().write(Role::State, *net.plan().lossScaleOffset, std::as_bytes(std::span(scale))).ok());
  }
  void readScale() {
    ASSERT_TRUE(net.session()
                    .read(Role::State, *net.plan().lossScaleOffset, std::as_writable_bytes(std::span(scale)))
                    .ok());
  }
  std::vector<float> parameters() {
    return net.readBlock(Role::Parameter, net.plan().parameterBytes).value();
  }
  float reported(const StepReport& report, std::string_view name) const {
    for (const ReportSlot& slot : net.plan().report)
      if (slot.name == name) return report.values[static_cast<std::size_t>(slot.first)];
    ADD_FAILURE() << "nothing called " << name << " is reported";
    return 0;
  }
  std::vector<float> gradientOf(std::string_view name) {
    const auto block = net.readBlock(Role::Gradient, net.plan().parameterBytes).value();
    for (const ParameterInfo& info : net.plan().parameters()) {
      if (info.name != name) continue;
      const auto begin = block.begin() + static_cast<std::ptrdiff_t>(info.offsetBytes / sizeof(float));
      return {begin, begin + info.shape.elements()};
    }
    ADD_FAILURE() << name;
    return {};
  }
};

TEST(LossScale, StartsAtThePublishedValue) {
  Subject s = Subject::open(Precision::Fp16);
  const StepReport report = s.step();
  EXPECT_EQ(s.reported(report, kLossScaleReport), 65536.0f);
  EXPECT_EQ(s.reported(report, kSkippedStepsReport), 0.0f);
  s.readScale();
  EXPECT_EQ(s.scale, (std::vector<float>{65536, 1, 0, 0}));
  EXPECT_FALSE(Subject::open(Precision::Bf16).net.plan().lossScaleOffset) << "bf16 has float's range";
}

TEST(LossScale, AnInjectedOverflowIsSkippedAndRecoveredFrom) {
  Subject s = Subject::open(Precision::Fp16);
  constexpr float kPlanted = 1073741824;  // 2^30: every gradient overflows
  s.setScale(kPlanted);
  const std::vector<float> before = s.parameters();
  const float loss = s.step().values[0];
  EXPECT_EQ(s.parameters(), before) << "a step whose gradients overflow must not move a weight";
  s.readScale();
  EXPECT_EQ(s.scale, (std::vector<float>{kPlanted / 2, 0, 1, 0}));
  StepReport last;
  for (int i = 0; i < 200; ++i) last = s.step();
  s.readScale();
  const float skipped = s.scale[kLossScaleSkipped];
  EXPECT_GT(skipped, 4) << "the scale must fall until nothing overflows";
  EXPECT_LT(skipped, 30);
  EXPECT_EQ(s.scale[kLossScaleValue] * std::exp2(skipped), kPlanted);
  EXPECT_EQ(s.reported(last, kSkippedStepsReport), skipped);
  EXPECT_LT(last.values[0], 0.8f * loss) << "then it learns";
  for (const float w : s.parameters()) EXPECT_TRUE(std::isfinite(w));
}

TEST(LossScale, GrowsAfterManyGoodStepsUpToItsLargest) {
  Subject s = Subject::open(Precision::Fp16);
  s.setScale(1024, kLossScaleGrowthSteps - 1);
  s.step();
  s.readScale();
  EXPECT_EQ(s.scale, (std::vector<float>{2048, 0, 0, 0}));
  // Rows of zeros cannot overflow, however large the scale.
  std::ranges::fill(s.batch.features, 0.0f);
  s.setScale(kLargestLossScale, kLossScaleGrowthSteps - 1);
  s.step();
  s.readScale();
  EXPECT_TRUE(s.scale[kLossScaleValue] <= kLargestLossScale);
}

// The gradient of the hidden layer is 1/4096 of the output error times weights of 1e-4, which is below the
// smallest number of fp16.
TEST(LossScale, PreservesSmallGradientsThatVanishWithoutIt) {
  constexpr std::int64_t kRows = 4096;
  const auto hiddenGradient = [](Precision precision, float scale) {
    Subject s = Subject::open(precision, kRows);
    std::vector<float> parameters = s.parameters();
    for (const ParameterInfo& info : s.net.plan().parameters())
      if (info.name == "answer/kernel")
        for (std::int64_t i = 0; i < info.shape.elements(); ++i)
          parameters[info.offsetBytes / sizeof(float) + static_cast<std::size_t>(i)] *= 1e-4f;
    EXPECT_TRUE(s.net.writeBlock(Role::Parameter, parameters).ok());
    if (precision == Precision::Fp16) s.setScale(scale);
    s.step();
    return s.gradientOf("hidden/kernel");
  };
  const auto apart = [](const std::vector<float>& got, const std::vector<float>& want) {
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
      difference += std::pow(static_cast<double>(got[i]) - static_cast<double>(want[i]), 2);
      size += std::pow(static_cast<double>(want[i]), 2);
    }
    return std::sqrt(difference / size);
  };
  const auto exact = hiddenGradient(Precision::Fp32, 1);
  const auto unscaled = hiddenGradient(Precision::Fp16, 1), scaled = hiddenGradient(Precision::Fp16, 65536);
  EXPECT_GT(apart(unscaled, exact), 0.9);
  EXPECT_LT(apart(scaled, exact), 0.02);
}

// The corrections of Adam and Nadam count the applied steps: the first applied step moves the weights as far as it
// would without the overflows before it.
void expectAppliedStepsCounted(const char* optimizer) {
  SCOPED_TRACE(optimizer);
  Subject plain = Subject::open(Precision::Fp16, 32, optimizer);
  Subject late = Subject::open(Precision::Fp16, 32, optimizer);
  const std::vector<float> start = plain.parameters();
  plain.step();
  late.setScale(1073741824);
  for (int i = 0; i < 30 && late.parameters() == start; ++i) late.step();
  late.readScale();
  ASSERT_GT(late.scale[kLossScaleSkipped], 2);
  const std::vector<float> a = plain.parameters(), b = late.parameters();
  double moved = 0, difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    moved += std::abs(static_cast<double>(a[i]) - static_cast<double>(start[i]));
    difference += std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
  }
  ASSERT_GT(moved, 0);
  EXPECT_LT(difference / moved, 0.02);
}

TEST(LossScale, CorrectionsCountOnlyAppliedSteps) {
  for (const char* optimizer : {"adam", "adamw", "nadam"}) expectAppliedStepsCounted(optimizer);
}

// After three skipped steps, the device writes what the host writes for a step number that is lower by three.
TEST(LossScale, TheDeviceCorrectsAsTheHostDoes) {
  for (const OptimizerDef* def : Catalog<OptimizerDef>::all()) {
    const OptimizerConfig optimizer(*def);
    for (const std::int64_t applied : {1, 2, 1000, 5000000}) {
      const auto step = stepValues(optimizer, applied + 3, 0.1, 8);
      auto want = stepValues(optimizer, applied, 0.1, 8);
      for (const int slot : {kStepLow, kStepHigh, kStepUpdate}) want[slot] = step[slot];
      float scale[kLossScaleSlots] = {1024, 7, 3, 0}, report[3];
      std::array<float, kStepSlots> got{};
      ops::LossScaleRule::from(biasAttrs(optimizer))(1.0f, step.data(), scale, got.data(), report);
      EXPECT_EQ(got, want) << def->type << ' ' << applied;
    }
  }
}

// The average of the weights counts the updates that took effect: after the first one, it is the weights.
TEST(LossScale, AveragesCountOnlyAppliedSteps) {
  const auto rule = ops::LossScaleRule::from({{"average", 0.9}});
  std::array<float, kStepSlots> step{}, out{};
  step[kStepUpdate] = 5;
  step[kStepWeightShare] = StepCorrections::weightShare(0.9, 5);
  float scale[kLossScaleSlots] = {1024, 0, 4, 0}, report[3];
  rule(1.0f, step.data(), scale, out.data(), report);
  EXPECT_FLOAT_EQ(out[kStepWeightShare], 1);
  rule(std::numeric_limits<float>::infinity(), step.data(), scale, out.data(), report);
  EXPECT_EQ(out[kStepWeightShare], 0) << "no update";
}

TEST(LossScale, PenaltiesAreScaledToo) {
  NetworkBuilder b({8});
  b.add("dense", {{"units", std::int64_t{3}}}, "answer");
  const Network network = b.take();
  const auto afterOneStep = [&](Precision precision) {
    TrainingConfig training;
    training.batch = 16;
    training.l2 = 0.05;
    training.optimizer = {"sgd", {{"learning_rate", 0.1}}};
    training.device.threads = 1;
    training.device.precision = precision;
    NetRunner net = NetRunner::open(network, training, threeClasses()).value();
    const auto batch = testing::syntheticBatch(threeClasses(), 16, 3);
    (void)net.run(Phase::Train, batch.features.data(), batch.labels()).value();
    return net.readBlock(Role::Parameter, net.plan().parameterBytes).value();
  };
  const auto want = afterOneStep(Precision::Fp32), got = afterOneStep(Precision::Fp16);
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-4) << i;
}

// The fake device reports 0 for all unknown values, including the loss scale.
TEST(LossScale, ARunThatOnlyOverflowsEnds) {
  FakeBackend fake;
  TemporaryFolder folder;
  Project project = *projectFromTemplate("Two spirals");
  project.data.count = 200;
  project.training.batch = 16;
  project.training.device.precision = Precision::Fp16;
  auto trainer = Trainer::create({project, loadDataset(project.data).value(), &fake, folder / "run", {}, {}});
  ASSERT_TRUE(trainer.ok()) << trainer.error().text();
  (*trainer)->start();
  const TrainResult result = (*trainer)->join();
  EXPECT_EQ(result.state, TrainState::Failed);
  ASSERT_TRUE(result.error);
  EXPECT_NE(result.error->text().find("gradients overflow in fp16"), std::string::npos)
      << result.error->text();
}

}  // namespace
}  // namespace tandem
