// Recorded device readings: rows, thinning, the energy of a run, older records.
#include <gtest/gtest.h>

#include "core/runs/run_file.h"
#include "core/runs/run_recorder_impl.h"
#include "tests/unit/recorded_run.h"

namespace tandem {
namespace {

ReadingRecord readingAt(int i) {
  ReadingRecord reading;
  reading.wallSeconds = 0.1 * i;
  reading.device.utilization = 0.5;
  if (i % 2 == 0) reading.device.celsius = 40.25 - 20 * i;
  reading.device.clockHz = 2.5e9;
  reading.device.memoryBytes = 123'456'789'012;
  if (i > 0) reading.joules = 6.5 * i;
  return reading;
}

std::int64_t runWithReadings(const Store& s, int count) {
  auto recorder = s.store->begin(smallProject(), "cpu").value();
  recorder->onStart(planWithSlots());
  recorder->onStep(stepRecord(1));
  for (int i = 0; i < count; ++i) recorder->onReading(readingAt(i));
  TrainResult result;
  result.state = TrainState::Finished;
  result.steps = 1;
  result.energy = RunEnergy{6.5 * count, 0.1 * count};
  EXPECT_TRUE(recorder->finish(result).ok());
  return recorder->id();
}

void expectSameReadings(const std::vector<ReadingRecord>& a, const std::vector<ReadingRecord>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].wallSeconds, b[i].wallSeconds);
    EXPECT_EQ(a[i].device.utilization, b[i].device.utilization);
    EXPECT_EQ(a[i].device.watts, b[i].device.watts);
    EXPECT_EQ(a[i].device.celsius, b[i].device.celsius);
    EXPECT_EQ(a[i].device.clockHz, b[i].device.clockHz);
    EXPECT_EQ(a[i].device.memoryBytes, b[i].device.memoryBytes);
    EXPECT_EQ(a[i].joules, b[i].joules);
  }
}

TEST(RunReadings, AreStoredExactlyAndAbsentStaysAbsent) {
  Store s;
  const std::int64_t id = runWithReadings(s, 25);
  const auto curves = s.store->curves(id).value();
  std::vector<ReadingRecord> given;
  for (int i = 0; i < 25; ++i) given.push_back(readingAt(i));
  expectSameReadings(curves.readings, given);
  EXPECT_FALSE(curves.readings[1].device.celsius || curves.readings[1].device.watts);
  EXPECT_EQ(s.store->info(id)->joules, 6.5 * 25);
  EXPECT_EQ(s.store->list()->front().joules, 6.5 * 25);
}

TEST(RunReadings, ARunWithoutReadingsHasNoEnergy) {
  Store s;
  const std::int64_t id = s.run();
  EXPECT_TRUE(s.store->curves(id)->readings.empty());
  EXPECT_FALSE(s.store->info(id)->joules);
}

TEST(RunReadings, AHundredHoursAreThinnedToAboutHundredThousand) {
  Thinning thinning(36'000);
  std::int64_t kept = 0;
  for (std::int64_t n = 1; n <= 100 * 36'000; ++n) {
    if (!thinning.keeps(n)) continue;
    thinning.countKept();
    ++kept;
    ASSERT_TRUE(n > 36'000 || kept == n);  // all of the first hour
  }
  EXPECT_LT(kept, 110'000);
  EXPECT_GT(kept, 90'000);
}

TEST(RunReadings, AreExportedWithTheRun) {
  Store s;
  const std::int64_t id = runWithReadings(s, 12);
  const auto file = s.folder / "a.run";
  ASSERT_TRUE(exportRun(*s.store, id, file).ok());
  Store other;
  const auto imported = importRun(*other.store, file);
  ASSERT_TRUE(imported.ok()) << imported.error().text();
  expectSameReadings(other.store->curves(*imported)->readings, s.store->curves(id)->readings);
  EXPECT_EQ(other.store->info(*imported)->joules, s.store->info(id)->joules);
}

TEST(RunReadings, ARecordOfVersion2IsMigrated) {
  Store s;
  const std::int64_t id = s.run(5);
  s.store.reset();
  s.toVersion3();
  s.sql("DROP TABLE readings; ALTER TABLE runs DROP COLUMN joules; PRAGMA user_version=2");
  auto again = RunStore::open(s.folder.path());
  ASSERT_TRUE(again.ok()) << again.error().text();
  s.store = std::move(*again);
  EXPECT_EQ(s.store->curves(id)->steps.size(), 5u);
  EXPECT_FALSE(s.store->info(id)->joules);
  EXPECT_EQ(s.store->curves(runWithReadings(s, 3))->readings.size(), 3u);
}

}  // namespace
}  // namespace tandem
