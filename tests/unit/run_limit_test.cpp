// The limit of a record: what a long run stores, and what its curves then look like.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "core/report/run_charts.h"
#include "core/runs/run_file.h"
#include "core/runs/schema.h"
#include "core/runs/step_log.h"
#include "tests/unit/recorded_run.h"

namespace tandem {
namespace {

constexpr std::int64_t kMegabyte = 1'000'000;
constexpr std::int64_t kHead = 2 * kStepsPerBlob;  // exact steps at the beginning with a limit of 1 MB

// Noise around a falling curve, with one extreme value.
float lossAt(std::int64_t step) {
  if (step == 54'321) return 40;
  return 1.0f / (1.0f + static_cast<float>(step) / 1e5f) + 0.001f * static_cast<float>(step * 7919 % 101);
}

StepRecord numbered(std::int64_t step) {
  StepRecord record = stepRecord(step);
  record.values[0] = lossAt(step);
  return record;
}

// Records steps of a run directly, because a recorder's ring drops what comes faster than it can be written.
std::int64_t runOf(Store& s, std::int64_t steps) {
  auto recorder = s.begin();
  recorder->onStart(planWithSlots());
  EXPECT_TRUE(recorder->finish({}).ok());
  auto database = std::move(*openRunDatabase(s.folder.path()));
  StepLog log(database, recorder->id(), *s.store->recordLimit());
  for (std::int64_t step = 1; step <= steps; ++step) {
    EXPECT_TRUE(log.append(numbered(step), 3).ok());
    if (step % 5000 != 0 && step != steps) continue;
    auto transaction = std::move(*sqlite::Transaction::begin(database));
    EXPECT_TRUE(log.flush().ok());
    EXPECT_TRUE(transaction.commit().ok());
  }
  return recorder->id();
}

TEST(RunLimit, EveryStepIsStoredUpToHalfOfTheLimit) {
  Store s;
  ASSERT_TRUE(s.store->setRecordLimit(2 * kMegabyte).ok());
  const auto curves = s.store->curves(runOf(s, 20'000)).value();
  EXPECT_TRUE(curves.thinned.empty());
  EXPECT_EQ(curves.steps.size(), 20'000u);
}

TEST(RunLimit, OlderStepsAreSummarizedAndNoneIsLost) {
  for (const std::int64_t steps : {30'000, 100'001, 400'000}) {
    SCOPED_TRACE(steps);
    Store s;
    ASSERT_TRUE(s.store->setRecordLimit(kMegabyte).ok());
    const std::int64_t id = runOf(s, steps);
    const auto curves = s.store->curves(id).value();
    const auto size = s.store->recordSize(id).value();
    EXPECT_LE(size.bytes, kMegabyte);
    EXPECT_EQ(size.limit, kMegabyte);
    EXPECT_LE(std::filesystem::file_size(s.folder / "runs.sqlite"), 4 * kMegabyte);
    ASSERT_FALSE(curves.thinned.empty());
    // The first steps and the latest are exact; the summaries fill the gap without overlap.
    std::int64_t next = 1;
    std::size_t exact = 0;
    const auto takeExact = [&](std::int64_t end) {
      for (; exact < curves.steps.size() && curves.steps[exact].step < end; ++exact, ++next) {
        ASSERT_EQ(curves.steps[exact].step, next);
        ASSERT_EQ(curves.steps[exact].values[0], lossAt(next));
      }
    };
    takeExact(curves.thinned.front().first);
    EXPECT_EQ(next, kHead + 1);
    for (const StepSpan& span : curves.thinned) {
      ASSERT_EQ(span.first, next);
      ASSERT_EQ(span.mean.step, next + span.count - 1);
      double sum = 0;
      float least = INFINITY, greatest = -INFINITY;
      for (; next <= span.mean.step; ++next) {
        sum += static_cast<double>(lossAt(next));
        least = std::min(least, lossAt(next));
        greatest = std::max(greatest, lossAt(next));
      }
      ASSERT_EQ(span.least[0], least);
      ASSERT_EQ(span.greatest[0], greatest);
      ASSERT_NEAR(static_cast<double>(span.mean.values[0]), sum / static_cast<double>(span.count),
                  1e-5 * static_cast<double>(greatest));
    }
    takeExact(steps + 1);
    EXPECT_EQ(next, steps + 1);
    EXPECT_GE(std::ssize(curves.steps), kHead + kStepsPerBlob);
  }
}

TEST(RunLimit, AChartShowsThePeaksOfSummarizedSteps) {
  Store s;
  ASSERT_TRUE(s.store->setRecordLimit(kMegabyte).ok());
  const auto thinned = charted("a", s.store->curves(runOf(s, 200'000)).value());
  RunCurves all{planWithSlots().report, {}, {}, {}, {}, {}, {}};
  for (std::int64_t step = 1; step <= 200'000; ++step) all.steps.push_back(numbered(step));
  const auto exact = charted("a", all);
  EXPECT_EQ(std::ranges::max(thinned.values[0].raw.y), 40);
  EXPECT_EQ(std::ranges::min(thinned.values[0].raw.y), std::ranges::min(exact.values[0].raw.y));
  // The smoothed curves agree: compared at the end of each tenth.
  const auto at = [](const ChartCurve& curve, double x) {
    std::size_t i = 0;
    while (i + 1 < curve.x.size() && curve.x[i + 1] <= x) ++i;
    return curve.y[i];
  };
  for (int step = 80'000; step <= 200'000; step += 20'000) {
    const double x = step;
    EXPECT_NEAR(at(thinned.values[0].smooth, x), at(exact.values[0].smooth, x), 0.02) << x;
  }
}

TEST(RunLimit, SummariesAreExportedAndImportedExactly) {
  Store s, other;
  ASSERT_TRUE(s.store->setRecordLimit(kMegabyte).ok());
  const std::int64_t id = runOf(s, 60'000);
  ASSERT_TRUE(exportRun(*s.store, id, s.folder / "a.tandemrun").ok());
  const auto imported = importRun(*other.store, s.folder / "a.tandemrun");
  ASSERT_TRUE(imported.ok()) << imported.error().text();
  const auto before = s.store->curves(id).value(), after = other.store->curves(*imported).value();
  ASSERT_EQ(after.thinned.size(), before.thinned.size());
  std::string a, b;
  for (const StepSpan& span : before.thinned) appendSpan(a, span, 3);
  for (const StepSpan& span : after.thinned) appendSpan(b, span, 3);
  EXPECT_EQ(a, b);
  EXPECT_EQ(after.steps.size(), before.steps.size());
}

TEST(RunLimit, EpochsKeepTheirExtremesAndTheBest) {
  Store s;
  ASSERT_TRUE(s.store->setRecordLimit(kMegabyte).ok());
  auto recorder = s.begin();
  recorder->onStart(planWithSlots());
  constexpr int kEpochs = 20'000;
  for (int i = 1; i <= kEpochs; ++i) {
    EpochEnd end = epochEnd(i);
    end.record.hasValidation = true;
    end.record.validation[0] = i == 777   ? 0.125f
                               : i == 888 ? 9.0f
                                          : 1.0f + 0.001f * static_cast<float>(i % 7);
    end.best = {777, "validation loss", 0.125};
    recorder->onEvent({.what = end});
  }
  TrainResult result;
  result.best = {777, "validation loss", 0.125};
  ASSERT_TRUE(recorder->finish(result).ok());
  const auto epochs = s.store->curves(recorder->id())->epochs;
  EXPECT_LT(epochs.size(), 1000u);
  const auto has = [&](std::int32_t epoch) {
    return std::ranges::count(epochs, epoch, &EpochRecord::epoch) == 1;
  };
  EXPECT_TRUE(has(777) && has(888) && has(kEpochs));
  EXPECT_EQ(s.store->info(recorder->id())->best, result.best);
  EXPECT_LE(s.store->recordSize(recorder->id())->bytes, kMegabyte);
}

TEST(RunLimit, IsStoredInTheRecordAndChecked) {
  Store s;
  EXPECT_EQ(*s.store->recordLimit(), 64 * kMegabyte);
  EXPECT_FALSE(s.store->setRecordLimit(1000).ok());
  ASSERT_TRUE(s.store->setRecordLimit(5 * kMegabyte).ok());
  EXPECT_EQ(*(*RunStore::open(s.folder.path()))->recordLimit(), 5 * kMegabyte);
  EXPECT_EQ(s.store->recordSize(s.run())->limit, 5 * kMegabyte);
}

TEST(StepSpan, DamagedSummariesAreErrors) {
  std::string good;
  appendSpan(good, StepSpan::of(stepRecord(7)), 3);
  std::vector<StepSpan> spans;
  EXPECT_TRUE(readSpans(good, 3, spans).ok());
  EXPECT_FALSE(readSpans(good, 2, spans).ok());
  EXPECT_FALSE(readSpans(good, kReportSlots + 1, spans).ok());
  EXPECT_FALSE(readSpans(good.substr(1), 3, spans).ok());
  StepSpan wrong = StepSpan::of(stepRecord(7));
  wrong.count = 3;  // more steps than from 7 to 7
  std::string bad;
  appendSpan(bad, wrong, 3);
  EXPECT_FALSE(readSpans(bad, 3, spans).ok());
}

// A record that one may only read, such as that of another user or on a read-only disk.
TEST(RunStoreReadOnly, ListsAndShowsRuns) {
  for (const bool older : {false, true}) {
    Store s;
    const std::int64_t id = s.run(5);
    s.store.reset();
    if (older) s.toVersion3();
    ASSERT_EQ(::chmod((s.folder / "runs.sqlite").c_str(), 0444), 0);
    ASSERT_EQ(::chmod(s.folder.path().c_str(), 0555), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      constexpr uid_t kNobody = 65534;
      if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(2);  // root may write everything
      const auto store = RunStore::open(s.folder.path());
      if (!store.ok()) ::_exit(3);
      if (!(*store)->readOnly()) ::_exit(4);
      const auto list = (*store)->list();
      if (!list.ok() || list->size() != 1) ::_exit(5);
      const auto curves = (*store)->curves(id);
      if (!curves.ok() || curves->steps.size() != 5) ::_exit(6);
      if ((*store)->rename(id, "x").ok() || (*store)->begin(smallProject(), "cpu").ok()) ::_exit(7);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    ASSERT_EQ(::chmod(s.folder.path().c_str(), 0755), 0);
  }
}

TEST(RunStore, AnOlderRecordIsMigrated) {
  Store s;
  const std::int64_t id = s.run(5);
  s.store.reset();
  s.toVersion3();
  auto again = RunStore::open(s.folder.path());
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_FALSE((*again)->info(id)->best.known());
  EXPECT_FALSE((*again)->recordSize(id)->limit);
  EXPECT_EQ((*again)->curves(id)->steps.size(), 5u);
}

TEST(RunStore, ADescriptionOfTheDataIsRecordedAndExported) {
  Store s, other;
  const Preprocessing data = unnamedFields(Shape{2}, {"no", "yes"});
  std::int64_t id = 0;
  {
    auto recorder = std::move(*s.store->begin(smallProject(), "cpu", "0123", data));
    recorder->onStart(planWithSlots());
    recorder->onStep(stepRecord(1));
    ASSERT_TRUE(recorder->finish({}).ok());
    id = recorder->id();
  }
  const std::string json = s.store->info(id)->preprocessing;
  EXPECT_NE(json.find("\"yes\""), std::string::npos);
  ASSERT_TRUE(exportRun(*s.store, id, s.folder / "a.tandemrun").ok());
  const auto imported = importRun(*other.store, s.folder / "a.tandemrun");
  ASSERT_TRUE(imported.ok()) << imported.error().text();
  EXPECT_EQ(other.store->info(*imported)->preprocessing, json);
}

}  // namespace
}  // namespace tandem
