#include "core/schedules/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/train/loss_watch.h"
#include "core/train/step_values.h"

namespace tandem {
namespace {

constexpr double kBase = 0.1;
constexpr std::int64_t kPerEpoch = 100;

double rate(const ScheduleConfig& config, std::int64_t step, int epochs = 10, double scale = 1) {
  return scheduledRate(config, {kBase, step, kPerEpoch, epochs, scale});
}

TEST(Schedule, ConstantStays) {
  const ScheduleConfig config;
  for (const std::int64_t step : {0, 1, 999}) EXPECT_EQ(rate(config, step), kBase);
}

TEST(Schedule, StepFallsAtItsInterval) {
  const ScheduleConfig config{"step", {{"step_epochs", std::int64_t{3}}, {"gamma", 0.5}}};
  EXPECT_DOUBLE_EQ(rate(config, 299), kBase);
  EXPECT_DOUBLE_EQ(rate(config, 300), kBase * 0.5);
  EXPECT_DOUBLE_EQ(rate(config, 599), kBase * 0.5);
  EXPECT_DOUBLE_EQ(rate(config, 900), kBase * 0.125);
}

TEST(Schedule, ExponentialFallsEveryEpoch) {
  const ScheduleConfig config{"exponential", {{"gamma", 0.9}}};
  EXPECT_DOUBLE_EQ(rate(config, 99), kBase);
  EXPECT_DOUBLE_EQ(rate(config, 100), kBase * 0.9);
  EXPECT_DOUBLE_EQ(rate(config, 750), kBase * std::pow(0.9, 7));
}

TEST(Schedule, CosineGoesFromBaseToMinimum) {
  const ScheduleConfig config{"cosine", {{"minimum_rate", 0.02}}};
  EXPECT_DOUBLE_EQ(rate(config, 0), kBase);
  EXPECT_DOUBLE_EQ(rate(config, 500), (kBase + 0.02) / 2);
  EXPECT_DOUBLE_EQ(rate(config, 250), 0.02 + 0.08 * (1 + std::cos(std::numbers::pi / 4)) / 2);
  EXPECT_DOUBLE_EQ(rate(config, 1000), 0.02);
  EXPECT_DOUBLE_EQ(rate(config, 5000), 0.02);  // beyond the end: resumed with fewer epochs
}

TEST(Schedule, WarmupIsLinearAndThenTheKindBegins) {
  const ScheduleConfig config{"cosine", {{"warmup_steps", std::int64_t{200}}}};
  EXPECT_DOUBLE_EQ(rate(config, 0), kBase / 200);
  EXPECT_DOUBLE_EQ(rate(config, 99), kBase / 2);
  EXPECT_DOUBLE_EQ(rate(config, 199), kBase);
  EXPECT_DOUBLE_EQ(rate(config, 200), kBase);
  EXPECT_DOUBLE_EQ(rate(config, 600), kBase / 2);
}

TEST(Schedule, PlateauScalesTheBase) {
  const ScheduleConfig config = "reduce_on_plateau";
  EXPECT_DOUBLE_EQ(rate(config, 5, 10, 0.25), kBase * 0.25);
}

TEST(DecideAfterEpoch, ReducesAfterPatienceDownToTheFloor) {
  TrainingConfig training;
  training.schedule = {"reduce_on_plateau",
                       {{"patience", std::int64_t{2}}, {"gamma", 0.1}, {"minimum_rate", 0.005}}};
  LossWatch watch;
  EXPECT_FALSE(decideAfterEpoch(training, kBase, 1.0, watch).reduced);
  EXPECT_FALSE(decideAfterEpoch(training, kBase, 1.0, watch).reduced);  // equal is not better
  EXPECT_TRUE(decideAfterEpoch(training, kBase, 1.1, watch).reduced);
  EXPECT_DOUBLE_EQ(watch.plateauScale, 0.1);
  EXPECT_FALSE(decideAfterEpoch(training, kBase, 1.1, watch).reduced);  // restarts the count
  EXPECT_TRUE(decideAfterEpoch(training, kBase, 1.1, watch).reduced);
  EXPECT_DOUBLE_EQ(kBase * watch.plateauScale, 0.005);  // not 0.001
  EXPECT_FALSE(decideAfterEpoch(training, kBase, 0.5, watch).reduced);
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(decideAfterEpoch(training, kBase, 0.6, watch).reduced);  // at the floor
}

TEST(DecideAfterEpoch, StopsEarlyAfterPatience) {
  TrainingConfig training;
  training.earlyStoppingPatience = 3;
  LossWatch watch;
  EXPECT_FALSE(decideAfterEpoch(training, kBase, 1.0, watch).stop);
  EXPECT_FALSE(decideAfterEpoch(training, kBase, 1.5, watch).stop);
  EXPECT_FALSE(decideAfterEpoch(training, kBase, 1.5, watch).stop);
  EXPECT_FALSE(decideAfterEpoch(training, kBase, 0.9, watch).stop);  // better: restarts the count
  EXPECT_FALSE(decideAfterEpoch(training, kBase, 0.95, watch).stop);
  EXPECT_FALSE(decideAfterEpoch(training, kBase, 0.95, watch).stop);
  EXPECT_TRUE(decideAfterEpoch(training, kBase, 0.95, watch).stop);
}

TEST(DecideAfterEpoch, NeverStopsWithoutPatience) {
  const TrainingConfig training;
  LossWatch watch;
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(decideAfterEpoch(training, kBase, 1.0, watch).stop);
}

TEST(StepValues, HoldExactStepNumbersAndBiasCorrections) {
  const OptimizerConfig adam = "adam";
  const auto first = stepValues(adam, 1, 0.25, 17);
  EXPECT_EQ(first[kStepLearningRate], 0.25f);
  EXPECT_EQ(first[kStepLossScale], 1.0f);
  EXPECT_EQ(first[kStepValidRows], 17.0f);
  EXPECT_EQ(stepNumber(first.data()), 1u);
  EXPECT_FLOAT_EQ(first[kStepBias1], 0.1f);
  EXPECT_FLOAT_EQ(first[kStepBias2], 0.001f);
  EXPECT_EQ(first[kStepSkip], 0.0f);
  const std::int64_t large = (std::int64_t{1} << 42) + 12345;
  EXPECT_EQ(stepNumber(stepValues(adam, large, 0.1, 1).data()), static_cast<std::uint64_t>(large));
  EXPECT_EQ(stepValues(adam, large, 0.1, 1)[kStepBias2], 1.0f);
  EXPECT_EQ(stepValues("sgd", 1, 0.1, 1)[kStepBias1], 1.0f);
}

// The factors of torch.optim.NAdam, whose product of momenta is a loop over all steps so far.
void expectNadamFactors(double beta1, double momentumDecay, std::int64_t last) {
  const OptimizerConfig nadam{"nadam", {{"beta1", beta1}, {"momentum_decay", momentumDecay}}};
  const auto momentum = [&](std::int64_t i) {
    return beta1 * (1 - 0.5 * std::pow(0.96, static_cast<double>(i) * momentumDecay));
  };
  double product = 1;
  std::int64_t next = 1;
  for (std::int64_t t = 1; t <= last; ++t) {
    product *= momentum(t);
    if (t != next && t != last) continue;
    next = t + 1 + t / 3;
    SCOPED_TRACE(testing::Message() << beta1 << ' ' << momentumDecay << ' ' << t);
    const auto block = stepValues(nadam, t, 0.1, 1);
    const double gradient = (1 - momentum(t)) / (1 - product);
    const double moment = momentum(t + 1) / (1 - product * momentum(t + 1));
    EXPECT_NEAR(block[kStepNadamGradient], gradient, 1e-7 * gradient + 1e-30);
    EXPECT_NEAR(block[kStepNadamMoment], moment, 1e-7 * moment);
  }
}

TEST(StepValues, HoldTheFactorsOfNadam) {
  expectNadamFactors(0.9, 0.004, 5000);
  expectNadamFactors(0.9, 0, 100);
  expectNadamFactors(0.9, 1e-12, 100);
  expectNadamFactors(0, 0.004, 10);
  // The product remains far from 0 for long, because the momenta are close to 1.
  expectNadamFactors(0.999999, 0.5, 300000);
  expectNadamFactors(0.999999, 100, 1000000);
  EXPECT_FLOAT_EQ(stepValues("nadam", 1, 0.1, 1)[kStepBias2], 0.001f);
  EXPECT_EQ(stepValues("adam", 1, 0.1, 1)[kStepNadamMoment], 0.0f);
}

TEST(StepValues, HoldTheLimitsOfNadamAtLateSteps) {
  const auto block = stepValues({"nadam", {{"beta1", 0.875}}}, std::int64_t{1} << 42, 0.1, 1);
  EXPECT_EQ(block[kStepNadamGradient], 0.125f);
  EXPECT_EQ(block[kStepNadamMoment], 0.875f);
}

}  // namespace
}  // namespace tandem
