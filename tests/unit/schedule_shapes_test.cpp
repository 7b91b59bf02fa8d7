// The curves of schedules over a whole run, against values from their papers and from PyTorch.
#include <gtest/gtest.h>

#include "core/schedules/schedule.h"

namespace tandem {
namespace {

constexpr double kBase = 0.1;

double rate(const ScheduleConfig& config, std::int64_t step) {
  return scheduledRate(config, {.baseRate = kBase, .step = step, .stepsPerEpoch = 100, .epochs = 10});
}

TEST(ScheduleShapes, EveryScheduleIsFiniteAndAtMostTheBaseRate) {
  for (const ScheduleDef* def : Catalog<ScheduleDef>::all()) {
    const ScheduleConfig config(*def);
    for (std::int64_t step = 0; step < 2000; ++step) {  // also beyond the end: resumed with fewer epochs
      const double now = rate(config, step);
      ASSERT_TRUE(now >= 0 && now <= kBase) << def->type << " at " << step << ": " << now;
    }
  }
}

TEST(ScheduleShapes, PolynomialFallsToTheMinimum) {
  const ScheduleConfig line{"polynomial", {{"minimum_rate", 0.02}}};
  EXPECT_DOUBLE_EQ(rate(line, 0), 0.1);
  EXPECT_DOUBLE_EQ(rate(line, 250), 0.08);
  EXPECT_DOUBLE_EQ(rate(line, 1000), 0.02);
  EXPECT_DOUBLE_EQ(rate(line, 1500), 0.02);
  const ScheduleConfig square{"polynomial", {{"power", 2.0}, {"warmup_steps", std::int64_t{100}}}};
  EXPECT_DOUBLE_EQ(rate(square, 49), 0.05);
  EXPECT_DOUBLE_EQ(rate(square, 100), 0.1);
  EXPECT_DOUBLE_EQ(rate(square, 550), 0.025);
}

TEST(ScheduleShapes, CosineRestartsWithLongerPeriods) {
  const ScheduleConfig config{
      "cosine_restarts",
      {{"period_epochs", std::int64_t{1}}, {"longer", 2.0}, {"gamma", 0.5}, {"minimum_rate", 0.01}}};
  EXPECT_DOUBLE_EQ(rate(config, 0), 0.1);
  EXPECT_DOUBLE_EQ(rate(config, 50), 0.055);
  EXPECT_DOUBLE_EQ(rate(config, 100), 0.05);  // 200 steps
  EXPECT_DOUBLE_EQ(rate(config, 200), 0.03);
  EXPECT_DOUBLE_EQ(rate(config, 300), 0.025);  // 400 steps
  const ScheduleConfig equal{"cosine_restarts", {{"period_epochs", std::int64_t{2}}, {"longer", 1.0}}};
  for (const std::int64_t start : {0, 200, 400, 800, 200'000}) {
    EXPECT_DOUBLE_EQ(rate(equal, start), 0.1);
    EXPECT_DOUBLE_EQ(rate(equal, start + 100), 0.05);
  }
}

// Values of torch.optim.lr_scheduler.OneCycleLR(max_lr=0.1, total_steps=1000).
TEST(ScheduleShapes, OneCycleIsThatOfPyTorch) {
  const ScheduleConfig config = "one_cycle";
  EXPECT_NEAR(rate(config, 0), 0.004, 1e-15);
  EXPECT_NEAR(rate(config, 100), 0.028145736144868982, 1e-15);
  EXPECT_NEAR(rate(config, 299), 0.1, 1e-15);
  EXPECT_NEAR(rate(config, 300), 0.09999949645161448, 1e-15);
  EXPECT_NEAR(rate(config, 650), 0.049775802175648615, 1e-15);
  EXPECT_NEAR(rate(config, 999), 4e-7, 1e-15);
  const ScheduleConfig falling{"one_cycle", {{"rise", 0.0}}}, rising{"one_cycle", {{"rise", 1.0}}};
  EXPECT_DOUBLE_EQ(rate(falling, 0), 0.1);
  EXPECT_DOUBLE_EQ(rate(rising, 999), 0.1);
  EXPECT_DOUBLE_EQ(scheduledRate(config, {.baseRate = kBase, .stepsPerEpoch = 1, .epochs = 1}), kBase);
}

}  // namespace
}  // namespace tandem
