#include "core/train/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

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
  ScheduleConfig config;
  config.kind = ScheduleKind::Step;
  config.stepEpochs = 3;
  config.gamma = 0.5;
  EXPECT_DOUBLE_EQ(rate(config, 299), kBase);
  EXPECT_DOUBLE_EQ(rate(config, 300), kBase * 0.5);
  EXPECT_DOUBLE_EQ(rate(config, 599), kBase * 0.5);
  EXPECT_DOUBLE_EQ(rate(config, 900), kBase * 0.125);
}

TEST(Schedule, ExponentialFallsEveryEpoch) {
  ScheduleConfig config;
  config.kind = ScheduleKind::Exponential;
  config.gamma = 0.9;
  EXPECT_DOUBLE_EQ(rate(config, 99), kBase);
  EXPECT_DOUBLE_EQ(rate(config, 100), kBase * 0.9);
  EXPECT_DOUBLE_EQ(rate(config, 750), kBase * std::pow(0.9, 7));
}

TEST(Schedule, CosineGoesFromBaseToMinimum) {
  ScheduleConfig config;
  config.kind = ScheduleKind::Cosine;
  config.minimumRate = 0.02;
  EXPECT_DOUBLE_EQ(rate(config, 0), kBase);
  EXPECT_DOUBLE_EQ(rate(config, 500), (kBase + 0.02) / 2);
  EXPECT_DOUBLE_EQ(rate(config, 250), 0.02 + 0.08 * (1 + std::cos(std::numbers::pi / 4)) / 2);
  EXPECT_DOUBLE_EQ(rate(config, 1000), 0.02);
  EXPECT_DOUBLE_EQ(rate(config, 5000), 0.02);  // beyond the end: resumed with fewer epochs
}

TEST(Schedule, WarmupIsLinearAndThenTheKindBegins) {
  ScheduleConfig config;
  config.kind = ScheduleKind::Cosine;
  config.warmupSteps = 200;
  EXPECT_DOUBLE_EQ(rate(config, 0), kBase / 200);
  EXPECT_DOUBLE_EQ(rate(config, 99), kBase / 2);
  EXPECT_DOUBLE_EQ(rate(config, 199), kBase);
  EXPECT_DOUBLE_EQ(rate(config, 200), kBase);
  EXPECT_DOUBLE_EQ(rate(config, 600), kBase / 2);
}

TEST(Schedule, PlateauScalesTheBase) {
  ScheduleConfig config;
  config.kind = ScheduleKind::ReduceOnPlateau;
  EXPECT_DOUBLE_EQ(rate(config, 5, 10, 0.25), kBase * 0.25);
}

TEST(DecideAfterEpoch, ReducesAfterPatienceDownToTheFloor) {
  TrainingConfig training;
  training.schedule.kind = ScheduleKind::ReduceOnPlateau;
  training.schedule.patience = 2;
  training.schedule.gamma = 0.1;
  training.schedule.minimumRate = 0.005;
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
  OptimizerConfig adam;
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
  adam.kind = OptimizerKind::Sgd;
  EXPECT_EQ(stepValues(adam, 1, 0.1, 1)[kStepBias1], 1.0f);
}

}  // namespace
}  // namespace tandem
