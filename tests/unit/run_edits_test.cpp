// Tags, notes, events, the trash, and records of older and newer versions.
#include <gtest/gtest.h>

#include <cmath>

#include "core/runs/run_recorder_impl.h"
#include "tests/unit/recorded_run.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

std::vector<std::int64_t> idsOf(const Result<std::vector<RunSummary>>& runs) {
  std::vector<std::int64_t> ids;
  for (const RunSummary& run : *runs) ids.push_back(run.id);
  return ids;
}

using Ids = std::vector<std::int64_t>;

TEST(RunEdits, StoresNameTagsAndNotes) {
  Store s;
  const std::int64_t id = s.run();
  ASSERT_TRUE(s.store->rename(id, " Größer ").ok());
  ASSERT_TRUE(s.store->setTags(id, " baseline,, a \"quote\" , no list,baseline ").ok());
  ASSERT_TRUE(s.store->setNotes(id, "first line\nsecond; DROP TABLE runs").ok());
  const auto info = s.store->info(id);
  EXPECT_EQ(info->name, "Größer");
  EXPECT_EQ(info->tags, (std::vector<std::string>{"baseline", "a \"quote\"", "no list"}));
  EXPECT_EQ(info->notes, "first line\nsecond; DROP TABLE runs");
  EXPECT_EQ(s.store->list()->front().tags, info->tags);
  EXPECT_FALSE(s.store->rename(id, " ").ok());
  EXPECT_FALSE(s.store->setTags(id, std::string(101, 'x')).ok());
  std::string many;
  for (int i = 0; i < 65; ++i) many += std::to_string(i) + ",";
  EXPECT_FALSE(s.store->setTags(id, many).ok());
  EXPECT_EQ(s.store->setTags(99, "x").error().code, ErrorCode::NotFound);
  EXPECT_EQ(s.store->info(id)->tags.size(), 3u);
}

TEST(RunEdits, RecordsTheIngredientsOfARun) {
  Store s;
  const auto a = s.store->info(s.run()), b = s.store->info(s.run());
  EXPECT_EQ(a->data, "0123456789abcdef");
  EXPECT_EQ(a->uid.size(), 32u);
  EXPECT_NE(a->uid, b->uid);
  EXPECT_FALSE(a->imported);
}

TEST(RunEdits, RecordsEvents) {
  Store s;
  auto recorder = s.begin();
  recorder->onStart(planWithSlots());
  RateChange rate{.rate = 0.1, .text = "0.1", .byHand = true};  // not exact: all its digits must be restored
  recorder->onEvent({.step = 7, .wallSeconds = 0.5, .what = rate});
  rate.byHand = false;
  recorder->onEvent({.step = 7, .wallSeconds = 0.5, .what = rate});
  const TrainEvent checkpoint{.what = CheckpointWritten{recorder->folder() / "checkpoint.h5"}};
  const TrainEvent full{.what = Error{ErrorCode::Io, "the disk is full", "checkpoint.h5", "Free some space"}};
  recorder->onEvent(full);
  recorder->onEvent(checkpoint);
  recorder->onEvent(full);
  recorder->onEvent({.what = Note{"Stopped early"}});
  for (int i = 2; i <= 1300; ++i) recorder->onEvent(checkpoint);
  recorder->onEvent({.what = epochEnd(1)});
  ASSERT_TRUE(recorder->finish({}).ok());

  const auto curves = s.store->curves(recorder->id());
  ASSERT_TRUE(curves.ok()) << curves.error().text();
  const auto& events = curves->events;
  ASSERT_EQ(events.size(), 6u + 299 + 100);  // all of the first 300 checkpoints, then every 10th
  EXPECT_EQ(events[0].kind, RunEventKind::LearningRate);
  EXPECT_EQ(events[0].step, 7);
  EXPECT_EQ(events[0].seconds, 0.5);
  EXPECT_EQ(events[0].value, 0.1);
  EXPECT_EQ(events[1].kind, RunEventKind::Schedule);
  EXPECT_EQ(events[2].kind, RunEventKind::Error);
  EXPECT_EQ(events[2].text, "checkpoint.h5: the disk is full. Free some space");
  EXPECT_EQ(events[3].kind, RunEventKind::Checkpoint);
  EXPECT_EQ(events[3].text, "checkpoint.h5");
  EXPECT_EQ(events[4].kind, RunEventKind::Error);
  EXPECT_EQ(events[5].kind, RunEventKind::Note);
  EXPECT_EQ(events[5].text, "Stopped early");
}

TEST(RunEdits, DeletesWithUndo) {
  Store s;
  const std::int64_t a = s.run(), b = s.run(), c = s.run();
  const fs::path folder = s.store->info(b)->folder;
  ASSERT_TRUE(s.store->remove(b).ok());
  EXPECT_EQ(idsOf(s.store->list()), (Ids{c, a}));
  EXPECT_EQ(idsOf(s.store->trash()), Ids{b});
  EXPECT_EQ(s.store->info(b).error().code, ErrorCode::NotFound);
  EXPECT_EQ(s.store->curves(b).error().code, ErrorCode::NotFound);
  EXPECT_EQ(s.store->remove(b).error().code, ErrorCode::NotFound);
  EXPECT_TRUE(fs::exists(folder));
  ASSERT_TRUE(s.store->restore(b).ok());
  EXPECT_EQ(idsOf(s.store->list()), (Ids{c, b, a}));
  EXPECT_EQ(s.store->curves(b)->steps.size(), 10u);
  EXPECT_EQ(s.store->restore(b).error().code, ErrorCode::NotFound);

  ASSERT_TRUE(s.store->remove(b).ok());
  ASSERT_TRUE(s.store->emptyTrash().ok());
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_EQ(s.store->restore(b).error().code, ErrorCode::NotFound);
  EXPECT_EQ(idsOf(s.store->list()), (Ids{c, a}));
}

TEST(RunEdits, KeepsDeletedRunsForADay) {
  Store s;
  const std::int64_t old = s.run(), young = s.run();
  const fs::path folder = s.store->info(old)->folder;
  for (const std::int64_t id : {old, young}) ASSERT_TRUE(s.store->remove(id).ok());
  s.sql("UPDATE runs SET trashed = trashed - 25 * 3600 WHERE id = " + std::to_string(old));
  s.sql("UPDATE runs SET trashed = trashed - 23 * 3600 WHERE id = " + std::to_string(young));
  s.store = std::move(*RunStore::open(s.folder.path()));
  EXPECT_EQ(idsOf(s.store->trash()), Ids{young});
  EXPECT_FALSE(fs::exists(folder));
}

TEST(RunEdits, DiscardsPermanently) {
  Store s;
  auto recorder = s.begin();
  const std::int64_t id = recorder->id();
  const fs::path folder = recorder->folder();
  EXPECT_FALSE(s.store->remove(id).ok());  // still in progress
  EXPECT_FALSE(s.store->discard(id).ok());
  recorder.reset();
  ASSERT_TRUE(s.store->discard(id).ok());
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_TRUE(s.store->trash()->empty());
  EXPECT_EQ(s.store->discard(id).error().code, ErrorCode::NotFound);
}

// The database of the first release, as that release wrote it.
constexpr const char* kVersion1 = R"(
PRAGMA application_id=1413566020; PRAGMA user_version=1;
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_name TEXT NOT NULL, sequence INTEGER NOT NULL, name TEXT NOT NULL,
  device TEXT NOT NULL, started TEXT NOT NULL, state TEXT NOT NULL, error TEXT NOT NULL DEFAULT '',
  steps INTEGER NOT NULL DEFAULT 0, epochs INTEGER NOT NULL DEFAULT 0,
  seconds REAL NOT NULL DEFAULT 0, samples_per_second REAL NOT NULL DEFAULT 0,
  train_loss REAL, validation_loss REAL, test_metric REAL, metric_name TEXT NOT NULL DEFAULT '',
  folder TEXT NOT NULL, weights TEXT NOT NULL DEFAULT '',
  project TEXT NOT NULL, environment TEXT NOT NULL, slots TEXT NOT NULL DEFAULT '[]');
CREATE TABLE steps (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  first INTEGER NOT NULL, value_count INTEGER NOT NULL, records BLOB NOT NULL,
  PRIMARY KEY (run, first)) WITHOUT ROWID;
CREATE TABLE epochs (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  epoch INTEGER NOT NULL, step INTEGER NOT NULL, train BLOB NOT NULL, validation BLOB,
  seconds REAL, train_seconds REAL, samples_per_second REAL,
  PRIMARY KEY (run, epoch)) WITHOUT ROWID;
CREATE TABLE profiles (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  step INTEGER NOT NULL, record TEXT NOT NULL,
  PRIMARY KEY (run, step)) WITHOUT ROWID;
INSERT INTO runs VALUES (3, 'Net', 2, 'Net #2', 'cpu, 2 threads', '2026-10-01T12:00:00Z', 'finished', '', 2, 1,
  4.5, 1234.5, 0.25, NULL, 0.875, 'accuracy', 'run-3', 'checkpoint.h5', '{"tandem": 1}',
  '[["processor","P"],["cpu backend","libtandem_cpu_v4.so"]]',
  '[{"higher_is_better":false,"name":"loss","slot":0,"square_root":false},'
  || '{"higher_is_better":false,"name":"gradient_norm","slot":1,"square_root":false}]');
INSERT INTO steps VALUES (3, 1, 2, x'0100000000000000' || x'01000000' || x'20000000' || x'000000000000F03F' ||
  x'0000803A' || x'0000003A' || x'00000039' || x'0000803F' || x'0000C07F' ||
  x'0200000000000000' || x'01000000' || x'20000000' || x'0000000000000040' ||
  x'0000803A' || x'0000003A' || x'00000039' || x'0000003F' || x'00000080');
INSERT INTO epochs VALUES (3, 1, 2, x'0000803E', x'0000403F', 2.0, 1.5, 1000.0);
INSERT INTO profiles VALUES (3, 1, '{"backward":0.5,"forward":0.25,"layers":[{"backward":0.2,"forward":0.1,'
  || '"layer":"dense"}],"memory":{"activations":1,"context":0,"gradients":0,"inputs":0,"optimizer":0,"states":0,'
  || '"weights":4096,"workspace":0},"step":1,"update":0.125}');
)";

TEST(RunMigration, MigratesAnOldRecordWithoutLoss) {
  TemporaryFolder folder;
  fs::create_directory(folder / "run-3");
  sqlite3* old = nullptr;
  sqlite3_open((folder / "runs.sqlite").c_str(), &old);
  ASSERT_EQ(sqlite3_exec(old, kVersion1, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(old);
  sqlite3_close(old);

  std::string uid;
  for (int round = 0; round < 2; ++round) {  // the second time, the record has this version
    const auto store = RunStore::open(folder.path());
    ASSERT_TRUE(store.ok()) << store.error().text();
    const auto info = (*store)->info(3);
    ASSERT_TRUE(info.ok()) << info.error().text();
    EXPECT_EQ(info->name, "Net #2");
    EXPECT_EQ(info->device, "cpu, 2 threads");
    EXPECT_EQ(info->started, "2026-10-01T12:00:00Z");
    EXPECT_EQ(info->state, RunState::Finished);
    EXPECT_EQ(info->steps, 2);
    EXPECT_EQ(info->epochs, 1);
    EXPECT_EQ(info->seconds, 4.5);
    EXPECT_EQ(info->samplesPerSecond, 1234.5);
    EXPECT_EQ(info->trainLoss, 0.25);
    EXPECT_FALSE(info->validationLoss);
    EXPECT_EQ(info->testMetric, 0.875);
    EXPECT_EQ(info->metricName, "accuracy");
    EXPECT_EQ(info->weights, folder / "run-3/checkpoint.h5");
    EXPECT_EQ(info->projectJson, "{\"tandem\": 1}");
    ASSERT_EQ(info->environment.size(), 2u);
    EXPECT_EQ(info->environment[1].second, "libtandem_cpu_v4.so");
    EXPECT_TRUE(info->tags.empty());
    EXPECT_EQ(info->notes, "");
    EXPECT_EQ(info->data, "");
    EXPECT_FALSE(info->imported);
    EXPECT_EQ(info->uid.size(), 32u);
    EXPECT_TRUE(round == 0 || info->uid == uid);
    uid = info->uid;

    const auto curves = (*store)->curves(3);
    ASSERT_TRUE(curves.ok()) << curves.error().text();
    ASSERT_EQ(curves->slots.size(), 2u);
    EXPECT_TRUE(curves->slots[1].trainingOnly);  // older records lack the flag
    ASSERT_EQ(curves->steps.size(), 2u);
    EXPECT_EQ(curves->steps[1].step, 2);
    EXPECT_EQ(curves->steps[1].rows, 32);
    EXPECT_EQ(curves->steps[1].wallSeconds, 2.0);
    EXPECT_EQ(curves->steps[0].values[0], 1.0f);
    EXPECT_TRUE(std::isnan(curves->steps[0].values[1]));
    EXPECT_TRUE(std::signbit(curves->steps[1].values[1]));
    ASSERT_EQ(curves->epochs.size(), 1u);
    EXPECT_EQ(curves->epochs[0].validation[0], 0.75f);
    ASSERT_EQ(curves->profiles.size(), 1u);
    EXPECT_EQ(curves->profiles[0].layers[0].backward, 0.2);
    EXPECT_EQ(curves->profiles[0].memory.weights, 4096u);
    EXPECT_TRUE(curves->events.empty());
    ASSERT_TRUE((*store)->setTags(3, "").ok());
  }
  // The next run of that project continues the numbering.
  auto store = std::move(*RunStore::open(folder.path()));
  auto recorder = std::move(*store->begin(smallProject("Net"), "cpu"));
  EXPECT_EQ(store->info(recorder->id())->name, "Net #3");
}

}  // namespace
}  // namespace tandem
