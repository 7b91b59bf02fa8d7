// The schedule "points": its values, its text in project files and settings, and what it refuses.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "core/network/project.h"

namespace tandem {
namespace {

using Numbers = std::vector<double>;

constexpr double kBase = 0.1;

ScheduleConfig schedule(Numbers points, const char* interpolation = "linear") {
  return {"points", {{"points", std::move(points)}, {"interpolation", std::string(interpolation)}}};
}

double rate(const ScheduleConfig& config, std::int64_t step) {
  return scheduledRate(config, {.baseRate = kBase, .step = step, .stepsPerEpoch = 100, .epochs = 10});
}

TEST(SchedulePoints, FollowStraightLines) {
  const ScheduleConfig config = schedule({0, 1, 50, 0.5, 100, 0});
  EXPECT_DOUBLE_EQ(rate(config, 0), 0.1);
  EXPECT_DOUBLE_EQ(rate(config, 250), 0.075);
  EXPECT_DOUBLE_EQ(rate(config, 500), 0.05);
  EXPECT_DOUBLE_EQ(rate(config, 900), 0.01);
  EXPECT_DOUBLE_EQ(rate(config, 1000), 0);
  EXPECT_DOUBLE_EQ(rate(config, 1500), 0);  // resumed with fewer epochs
}

TEST(SchedulePoints, AreConstantBeforeTheFirstAndAfterTheLast) {
  for (const char* interpolation : {"linear", "smooth", "step"}) {
    const ScheduleConfig config = schedule({20, 3, 80, 0.25}, interpolation);
    EXPECT_DOUBLE_EQ(rate(config, 0), 0.3);
    EXPECT_DOUBLE_EQ(rate(config, 200), 0.3);
    EXPECT_DOUBLE_EQ(rate(config, 800), 0.025);
    EXPECT_DOUBLE_EQ(rate(config, 999), 0.025);
    for (const std::int64_t step : {0, 290, 1000})
      EXPECT_DOUBLE_EQ(rate(schedule({30, 0.5}, interpolation), step), 0.05);
  }
}

TEST(SchedulePoints, StepAtTheirPositions) {
  const ScheduleConfig config = schedule({0, 1, 29, 0.5, 57, 2}, "step");
  EXPECT_DOUBLE_EQ(rate(config, 289), 0.1);
  EXPECT_DOUBLE_EQ(rate(config, 290), 0.05);
  EXPECT_DOUBLE_EQ(rate(config, 569), 0.05);
  EXPECT_DOUBLE_EQ(rate(config, 570), 0.2);
}

// Two points make a cosine schedule.
TEST(SchedulePoints, SmoothIsHalfACosineWave) {
  const ScheduleConfig config = schedule({0, 1, 100, 0.2}, "smooth");
  const ScheduleConfig cosine{"cosine", {{"minimum_rate", 0.02}}};
  for (std::int64_t step = 0; step <= 1000; step += 50)
    EXPECT_NEAR(rate(config, step), rate(cosine, step), 1e-15) << step;
  const ScheduleConfig wave = schedule({0, 0, 50, 1, 100, 0}, "smooth");
  EXPECT_NEAR(rate(wave, 250), 0.05, 1e-15);
  EXPECT_NEAR(rate(wave, 500), 0.1, 1e-15);
  EXPECT_NEAR(rate(wave, 750), 0.05, 1e-15);
}

TEST(SchedulePoints, SurviveTheProjectFile) {
  Project project = *projectFromTemplate("Two moons");
  project.training.schedule = schedule({0, 0.1, 100.0 / 3, 1e-7, 99.9, 100}, "smooth");
  const std::string json = toJson(project);
  EXPECT_NE(json.find("\"points\": \"0:0.1, 33.333333333333336:1e-07, 99.9:100\""), std::string::npos)
      << json;
  const auto again = projectFromJson(json, "again");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(*again, project);
  EXPECT_EQ(toJson(*again), json);
}

TEST(SchedulePoints, AreSetByTheirText) {
  TrainingConfig training;
  ASSERT_TRUE(setTraining(training, "schedule", "points").ok());
  EXPECT_EQ(training.schedule, schedule({0, 1, 100, 0}));  // the default
  for (const char* text : {"0:1,50:0.5", " 0 : 1 ,  50:.5 ", R"("0:1, 50:5e-1")"}) {
    ASSERT_TRUE(setTraining(training, "schedule.points", text).ok()) << text;
    EXPECT_EQ(training.schedule, schedule({0, 1, 50, 0.5})) << text;
  }
  ASSERT_TRUE(setTraining(training, "schedule.points", "50:1").ok());
  ASSERT_TRUE(setTraining(training, "schedule.interpolation", "step").ok());
  EXPECT_EQ(training.schedule, schedule({50, 1}, "step"));
}

TEST(SchedulePoints, RefuseWhatIsNoCurve) {
  TrainingConfig training;
  training.schedule = "points";
  const TrainingConfig before = training;
  const auto refusal = [&](std::string_view text) {
    const Status status = setTraining(training, "schedule.points", text);
    return status.ok() ? std::string("accepted") : status.error().text();
  };
  const std::string pairs =
      "schedule.points: Points must be pairs of numbers from 0 to 100 such as 0:1, 100:0, not ";
  EXPECT_EQ(refusal("0:1, 50"), pairs + "'50'");
  EXPECT_EQ(refusal("0:1, 50:"), pairs + "'50:'");
  EXPECT_EQ(refusal("0:1,, 50:1"), pairs + "empty");
  EXPECT_EQ(refusal("0:1:2"), pairs + "'0:1:2'");
  EXPECT_EQ(refusal("0:1, 50:-1"), pairs + "50:-1");
  EXPECT_EQ(refusal("-1:1"), pairs + "-1:1");
  EXPECT_EQ(refusal("0:1, 101:1"), pairs + "101:1");
  EXPECT_EQ(refusal("0:nan"), pairs + "0:nan");
  EXPECT_EQ(refusal("0:inf"), pairs + "0:inf");
  EXPECT_EQ(refusal("50:1, 30:0.5"),
            "schedule.points: Points must be in ascending order, but 30:0.5 follows 50:1");
  EXPECT_EQ(refusal("50:1, 50:0.5"),
            "schedule.points: Points must be in ascending order, but 50:0.5 follows 50:1");
  EXPECT_EQ(refusal("\"\""), "schedule.points: Points must have 1 to 100 entries, not 0");
  std::string many = "0:1";
  for (int i = 1; i <= 100; ++i) many += ", " + std::to_string(i) + ":1";
  EXPECT_EQ(refusal(many), "schedule.points: Points must have 1 to 100 entries, not 101");
  EXPECT_EQ(refusal("[0, 1]"), "schedule.points: must be a string such as \"0:1, 100:0\", not a list");
  EXPECT_EQ(refusal("7"), "schedule.points: must be a string such as \"0:1, 100:0\", not a number");
  EXPECT_EQ(training, before);
}

TEST(SchedulePoints, RefuseListsThatNoTextCanHold) {
  ScheduleConfig config = "points";
  EXPECT_EQ(config.set("points", Numbers{0, 1, 50}).error().message,
            "Points must be pairs, but the last number has no partner");
  EXPECT_FALSE(config.set("points", Numbers{0, std::numeric_limits<double>::quiet_NaN()}).ok());
  EXPECT_FALSE(config.set("points", std::vector<std::int64_t>{0, 1}).ok());
  EXPECT_EQ(config, ScheduleConfig("points"));
}

}  // namespace
}  // namespace tandem
