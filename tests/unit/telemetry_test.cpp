#include "core/train/telemetry.h"

#include <gtest/gtest.h>

#include <thread>

namespace tandem {
namespace {

StepRecord record(std::int64_t step) {
  StepRecord r;
  r.step = step;
  r.values[0] = static_cast<float>(step) * 0.5f;
  return r;
}

TEST(Telemetry, ReturnsStepsInOrderAndCountsDroppedOnes) {
  Telemetry telemetry(4);
  for (int i = 1; i <= 6; ++i) telemetry.onStep(record(i));
  EXPECT_EQ(telemetry.dropped(), 2u);
  StepRecord got;
  for (int i = 1; i <= 4; ++i) {
    ASSERT_TRUE(telemetry.nextStep(got));
    EXPECT_EQ(got.step, i);
    EXPECT_EQ(got.values[0], static_cast<float>(i) * 0.5f);
  }
  EXPECT_FALSE(telemetry.nextStep(got));
  telemetry.onStep(record(7));
  ASSERT_TRUE(telemetry.nextStep(got));
  EXPECT_EQ(got.step, 7);
}

TEST(Telemetry, NeverDropsEvents) {
  Telemetry telemetry(1);
  for (int i = 0; i < 10'000; ++i) telemetry.onEvent({.what = Note{std::to_string(i)}});
  const auto events = telemetry.takeEvents();
  ASSERT_EQ(events.size(), 10'000u);
  EXPECT_EQ(std::get<Note>(events.back().what).text, "9999");
  EXPECT_TRUE(telemetry.takeEvents().empty());
}

TEST(Telemetry, KeepsTheLatestProfileOnly) {
  Telemetry telemetry;
  EXPECT_FALSE(telemetry.takeProfile());
  ProfileRecord profile;
  profile.step = 1;
  telemetry.onProfile(profile);
  profile.step = 2;
  telemetry.onProfile(profile);
  const auto latest = telemetry.takeProfile();
  ASSERT_TRUE(latest);
  EXPECT_EQ(latest->step, 2);
  EXPECT_FALSE(telemetry.takeProfile());
}

TEST(Telemetry, KnowsTheSlotsFromTheStart) {
  Telemetry telemetry;
  EXPECT_TRUE(telemetry.slots().empty());
  Plan plan;
  plan.report = {{"loss", 0}, {"accuracy", 1, true}};
  telemetry.onStart(plan);
  ASSERT_EQ(telemetry.slots().size(), 2u);
  EXPECT_EQ(telemetry.slots()[1].name, "accuracy");
}

TEST(Telemetry, LosesOnlyCountedStepsBetweenThreads) {
  Telemetry telemetry(64);
  constexpr std::int64_t kSteps = 50'000;
  std::thread producer([&] {
    for (std::int64_t i = 1; i <= kSteps; ++i) telemetry.onStep(record(i));
  });
  std::int64_t received = 0, last = 0;
  StepRecord got;
  const auto drain = [&] {
    while (telemetry.nextStep(got)) {
      EXPECT_GT(got.step, last);
      last = got.step;
      ++received;
    }
  };
  while (received + static_cast<std::int64_t>(telemetry.dropped()) < kSteps) drain();
  producer.join();
  drain();
  EXPECT_EQ(received + static_cast<std::int64_t>(telemetry.dropped()), kSteps);
}

TEST(Telemetry, StoresTheMatricesOfTheLastEpochsOnly) {
  Telemetry telemetry;
  const std::vector<ClassCounts> matrices = {{1, 2, 3, 4}};
  const auto matricesIn = [](const TrainEvent& event) {
    return std::get<EpochEnd>(event.what).record.matrices;
  };
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < Telemetry::kMaxMatrices + 5; ++i)
      telemetry.onEvent({.what = EpochEnd{.record = {.matrices = matrices}}});
    const std::vector<TrainEvent> events = telemetry.takeEvents();
    ASSERT_EQ(events.size(), Telemetry::kMaxMatrices + 5);
    EXPECT_TRUE(matricesIn(events[4]).empty());
    EXPECT_EQ(matricesIn(events[5]), matrices);
    EXPECT_EQ(matricesIn(events.back()), matrices);
  }
}

}  // namespace
}  // namespace tandem
