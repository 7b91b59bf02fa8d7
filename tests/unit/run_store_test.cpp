#include "core/runs/run_store.h"
#include "core/base/file.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <thread>

#include "core/runs/environment.h"
#include "core/runs/run_recorder_impl.h"
#include "tests/unit/recorded_run.h"

namespace tandem {
namespace {

TEST(RunStore, RecordsARunAndReturnsIt) {
  Store s;
  auto recorder = s.begin();
  recorder->onStart(planWithSlots());
  constexpr std::int64_t kSteps = 3000;  // more than a blob
  for (std::int64_t i = 1; i <= kSteps; ++i) recorder->onStep(stepRecord(i));
  recorder->onEvent({.what = epochEnd(1)});
  recorder->onEvent({.what = epochEnd(2)});
  ProfileRecord profile;
  profile.step = 64;
  profile.forward = 0.25;
  profile.layers = {{"conv1", 0.1, 0.2}};
  profile.memory.weights = 4096;
  recorder->onProfile(profile);
  TrainResult result;
  result.state = TrainState::Finished;
  result.steps = kSteps;
  result.epochs = 2;
  result.seconds = 4;
  result.samplesPerSecond = 1234;
  result.slots = planWithSlots().report;
  result.test[1] = 0.875f;
  result.hasTest = true;
  result.weights = recorder->folder() / "checkpoint.h5";
  const Status finished = recorder->finish(result);
  ASSERT_TRUE(finished.ok()) << finished.error().text();

  const auto info = s.store->info(recorder->id());
  ASSERT_TRUE(info.ok()) << info.error().text();
  EXPECT_EQ(info->name, "Net #1");
  EXPECT_EQ(info->device, "cpu, 2 threads");
  EXPECT_EQ(info->state, RunState::Finished);
  EXPECT_EQ(info->steps, kSteps);
  EXPECT_EQ(info->epochs, 2);
  EXPECT_EQ(info->seconds, 4);
  EXPECT_EQ(info->samplesPerSecond, 1234);
  EXPECT_EQ(info->trainLoss, 0.25);
  EXPECT_FALSE(info->validationLoss);  // the last epoch had none
  EXPECT_EQ(info->testMetric, 0.875);
  EXPECT_EQ(info->metricName, "accuracy");
  EXPECT_EQ(info->weights, recorder->folder() / "checkpoint.h5");
  EXPECT_EQ(*projectFromJson(info->projectJson, "record"), smallProject());
  EXPECT_FALSE(info->environment.empty());

  const auto curves = s.store->curves(recorder->id());
  ASSERT_TRUE(curves.ok()) << curves.error().text();
  std::vector<StepRecord> want;
  for (std::int64_t i = 1; i <= kSteps; ++i) want.push_back(stepRecord(i));
  expectSameSteps(curves->steps, want);
  ASSERT_EQ(curves->slots.size(), 3u);
  EXPECT_TRUE(curves->slots[1].higherIsBetter);
  EXPECT_FALSE(curves->slots[1].trainingOnly);
  EXPECT_TRUE(curves->slots[2].trainingOnly);
  ASSERT_EQ(curves->epochs.size(), 2u);
  EXPECT_TRUE(curves->epochs[0].hasValidation);
  EXPECT_EQ(curves->epochs[0].validation[0], 0.75f);
  EXPECT_FALSE(curves->epochs[1].hasValidation);
  ASSERT_EQ(curves->profiles.size(), 1u);
  EXPECT_EQ(curves->profiles[0].layers[0].layer, "conv1");
  EXPECT_EQ(curves->profiles[0].layers[0].backward, 0.2);
  EXPECT_EQ(curves->profiles[0].memory.weights, 4096u);
}

TEST(RunStore, NumbersRunsOfAProjectAndListsTheNewestFirst) {
  Store s;
  auto a = s.begin("A");
  auto b = s.begin("B");
  auto c = s.begin("A");
  const auto runs = s.store->list();
  ASSERT_TRUE(runs.ok());
  ASSERT_EQ(runs->size(), 3u);
  EXPECT_EQ((*runs)[0].name, "A #2");
  EXPECT_EQ((*runs)[1].name, "B #1");
  EXPECT_EQ((*runs)[2].name, "A #1");
  EXPECT_EQ((*runs)[0].state, RunState::Running);
  EXPECT_NE(a->folder(), c->folder());
}

TEST(RunStore, ShowsARunWhoseRecorderIsGoneAsInterrupted) {
  Store s;
  auto recorder = s.begin();
  const std::int64_t id = recorder->id();
  recorder->onStart(planWithSlots());
  recorder->onStep(stepRecord(1));
  EXPECT_EQ(s.store->info(id)->state, RunState::Running);
  const std::filesystem::path checkpoint = recorder->folder() / "checkpoint.h5";
  recorder.reset();
  EXPECT_TRUE(s.store->info(id)->weights.empty());
  ASSERT_TRUE(writeFileAtomically(checkpoint, "weights").ok());
  const auto info = s.store->info(id);
  EXPECT_EQ(info->state, RunState::Interrupted);
  EXPECT_EQ(info->weights, checkpoint);  // although the run could not record it
  EXPECT_EQ(info->steps, 1);             // existing data is preserved
}

TEST(RunStore, ShowsARunWhoseProcessWasKilledAsInterrupted) {
  TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {  // a second writer, like the command line next to the lab
    auto store = RunStore::open(folder.path());
    auto recorder = (*store)->begin(smallProject(), "cpu");
    (*recorder)->onStart(planWithSlots());
    for (int i = 1; i <= 100; ++i) (*recorder)->onStep(stepRecord(i));
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));  // two flushes
    (void)!::write(ready[1], "x", 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  auto store = RunStore::open(folder.path());
  ASSERT_TRUE(store.ok());
  EXPECT_EQ((*store)->list()->front().state, RunState::Running);
  EXPECT_FALSE((*store)->remove((*store)->list()->front().id).ok());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const auto runs = (*store)->list();
  ASSERT_TRUE(runs.ok()) << runs.error().text();
  EXPECT_EQ(runs->front().state, RunState::Interrupted);
  EXPECT_EQ((*store)->curves(runs->front().id)->steps.size(), 100u);
}

TEST(Thinning, KeepsAllThenEveryTenthThenEveryHundredth) {
  Thinning thinning(1'000'000);
  std::int64_t kept = 0;
  const auto keptIn = [&](std::int64_t from, std::int64_t to) {
    kept = 0;
    for (std::int64_t step = from; step <= to; ++step) {
      if (!thinning.keeps(step)) continue;
      thinning.countKept();
      ++kept;
    }
    return kept;
  };
  EXPECT_EQ(keptIn(1, 1'000'000), 1'000'000);
  EXPECT_EQ(keptIn(1'000'001, 11'000'000), 1'000'000);
  EXPECT_EQ(keptIn(11'000'001, 12'000'000), 10'000);
}

TEST(RunStore, RejectsOtherDatabases) {
  const auto textOf = [](const std::filesystem::path& folder) {
    const auto store = RunStore::open(folder);
    return store.ok() ? std::string() : store.error().text();
  };
  TemporaryFolder text;
  std::ofstream(text / "runs.sqlite") << std::string(8192, 'x');
  EXPECT_NE(textOf(text.path()).find("runs.sqlite"), std::string::npos);
  EXPECT_NE(textOf(text.path()).find("damaged or not a run database"), std::string::npos);

  TemporaryFolder foreign;
  sqlite3* other = nullptr;
  sqlite3_open((foreign / "runs.sqlite").c_str(), &other);
  sqlite3_exec(other, "CREATE TABLE bookmarks (url TEXT)", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  EXPECT_NE(textOf(foreign.path()).find("another program"), std::string::npos);

  TemporaryFolder newer;
  (void)RunStore::open(newer.path());
  sqlite3_open((newer / "runs.sqlite").c_str(), &other);
  sqlite3_exec(other, "PRAGMA user_version=99", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  EXPECT_NE(textOf(newer.path()).find("newer version"), std::string::npos);

  TemporaryFolder blocked;
  std::ofstream(blocked / "file") << "x";
  EXPECT_NE(textOf(blocked / "file/runs").find("file/runs"), std::string::npos);
}

// With changed bytes in a real database, every result is a value or an Error, and no path leaves the store.
TEST(RunStore, SurvivesADamagedDatabase) {
  Store s;
  std::int64_t id = 0;
  {
    auto recorder = s.begin();
    id = recorder->id();
    recorder->onStart(planWithSlots());
    for (int i = 1; i <= 2000; ++i) recorder->onStep(stepRecord(i));
    recorder->onEvent({.what = epochEnd(1)});
    ASSERT_TRUE(recorder->finish({}).ok());
  }
  s.store.reset();  // the last connection merges the log into the file
  std::ifstream in(s.folder / "runs.sqlite", std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  PhiloxSequence random(3, 0);
  int errors = 0;
  for (int i = 0; i < 60; ++i) {
    std::string bytes = good;
    for (int k = 0; k < 40; ++k) bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    std::filesystem::remove(s.folder / "runs.sqlite-wal");
    std::ofstream(s.folder / "runs.sqlite", std::ios::binary) << bytes;
    auto store = RunStore::open(s.folder.path());
    if (!store.ok()) {
      ++errors;
      continue;
    }
    const auto list = (*store)->list();
    const auto curves = (*store)->curves(id);
    if (!list.ok() || !curves.ok()) ++errors;
  }
  EXPECT_GT(errors, 0);
}

TEST(RunStore, RejectsFoldersOutsideTheStore) {
  Store s;
  auto recorder = s.begin();
  const std::int64_t id = recorder->id();
  recorder.reset();
  TemporaryFolder precious;
  std::ofstream(precious / "thesis.tex") << "x";
  s.sql("UPDATE runs SET folder='run-1/../../" + precious.path().filename().string() + "'");
  EXPECT_FALSE(s.store->discard(id).ok());
  s.sql("UPDATE runs SET trashed=1");
  EXPECT_FALSE(s.store->emptyTrash().ok());
  EXPECT_TRUE(std::filesystem::exists(precious / "thesis.tex"));
}

TEST(RunStore, TwoWritersDoNotDisturbEachOther) {
  TemporaryFolder folder;
  const auto record = [&](const std::string& name) {
    auto store = RunStore::open(folder.path());
    ASSERT_TRUE(store.ok()) << store.error().text();
    auto recorder = (*store)->begin(smallProject(name), "cpu");
    ASSERT_TRUE(recorder.ok()) << recorder.error().text();
    (*recorder)->onStart(planWithSlots());
    for (std::int64_t i = 1; i <= 20'000; ++i) (*recorder)->onStep(stepRecord(i));
    const Status status = (*recorder)->finish({});
    EXPECT_TRUE(status.ok()) << status.error().text();
    EXPECT_EQ((*store)->curves((*recorder)->id())->steps.size(), 20'000u);
  };
  std::thread a(record, "A"), b(record, "B");
  a.join();
  b.join();
  EXPECT_EQ((*RunStore::open(folder.path()))->list()->size(), 2u);
}

TEST(Environment, NamesProcessorAndVersion) {
  const auto facts = environmentFacts();
  const auto has = [&](std::string_view label) {
    for (const auto& [key, value] : facts)
      if (key == label) return !value.empty();
    return false;
  };
  for (const char* label :
       {"Tandem", "commit", "machine", "processor", "cores", "memory", "system", "kernel", "SQLite"})
    EXPECT_TRUE(has(label)) << label;
}

}  // namespace
}  // namespace tandem
