// Shared by tests of recorded runs: a store in a temporary folder, and a run with all fields.
#pragma once

#include <sqlite3.h>

#include <cstring>

#include "core/runs/run_store.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {

inline Project smallProject(const std::string& name = "Net") {
  Project p = *projectFromTemplate(templates().front().name);
  p.name = name;
  return p;
}

inline Plan planWithSlots() {
  Plan plan;
  plan.report = {{"loss", 0}, {"accuracy", 1, true}, {"gradient_norm", 2, false, true}};
  return plan;
}

inline StepRecord stepRecord(std::int64_t step) {
  StepRecord r;
  r.step = step;
  r.epoch = static_cast<std::int32_t>((step - 1) / 100 + 1);
  r.rows = 32;
  r.values[0] = 1.0f / static_cast<float>(step);
  r.values[1] = 0.5f;
  r.values[2] = 3.0f;
  r.learningRate = 1e-3f;
  r.wallSeconds = static_cast<double>(step) * 0.001;
  r.stepSeconds = 0.0009f;
  r.dataWaitSeconds = 0.0001f;
  return r;
}

inline EpochEnd epochEnd(std::int32_t epoch) {
  return {.record = {.epoch = epoch,
                     .step = epoch * 100,
                     .train = {0.5f / static_cast<float>(epoch)},
                     .validation = {0.75f},
                     .hasValidation = epoch % 2 == 1,
                     .seconds = 2,
                     .trainSeconds = 1.5,
                     .samplesPerSecond = 1000}};
}

struct Store {
  TemporaryFolder folder;
  std::unique_ptr<RunStore> store = std::move(*RunStore::open(folder.path()));

  std::unique_ptr<RunRecorder> begin(const std::string& name = "Net") {
    auto recorder = store->begin(smallProject(name), "cpu, 2 threads", "0123456789abcdef");
    EXPECT_TRUE(recorder.ok()) << recorder.error().text();
    return std::move(*recorder);
  }
  // A finished run with the given number of steps.
  std::int64_t run(std::int64_t steps = 10, const std::string& name = "Net") {
    auto recorder = begin(name);
    recorder->onStart(planWithSlots());
    for (std::int64_t i = 1; i <= steps; ++i) recorder->onStep(stepRecord(i));
    TrainResult result;
    result.state = TrainState::Finished;
    result.steps = steps;
    result.seconds = 1;
    EXPECT_TRUE(recorder->finish(result).ok());
    return recorder->id();
  }
  // As version 3 wrote it.
  void toVersion3() const {
    sql("DROP TABLE matrices; ALTER TABLE runs DROP COLUMN matrices; ALTER TABLE runs DROP COLUMN initial_weights;"
        " DROP TABLE spans; DROP TABLE settings; ALTER TABLE runs DROP COLUMN best_epoch;"
        " ALTER TABLE runs DROP COLUMN best_metric; ALTER TABLE runs DROP COLUMN best_value;"
        " ALTER TABLE runs DROP COLUMN preprocessing; ALTER TABLE runs DROP COLUMN record_limit;"
        " PRAGMA user_version=3");
  }
  // Changes the database like another program.
  void sql(const std::string& text) const {
    sqlite3* other = nullptr;
    sqlite3_open((folder / "runs.sqlite").c_str(), &other);
    EXPECT_EQ(sqlite3_exec(other, text.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(other);
    sqlite3_close(other);
  }
};

// Bitwise: NaN equals the same NaN, and 0 does not equal -0.
template <class T>
bool sameBits(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}

inline void expectSameSteps(const std::vector<StepRecord>& a, const std::vector<StepRecord>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].step, b[i].step);
    ASSERT_EQ(a[i].epoch, b[i].epoch);
    ASSERT_EQ(a[i].rows, b[i].rows);
    ASSERT_TRUE(sameBits(a[i].values, b[i].values)) << "step " << a[i].step;
    ASSERT_TRUE(sameBits(a[i].learningRate, b[i].learningRate));
    ASSERT_TRUE(sameBits(a[i].wallSeconds, b[i].wallSeconds));
    ASSERT_TRUE(sameBits(a[i].stepSeconds, b[i].stepSeconds));
    ASSERT_TRUE(sameBits(a[i].dataWaitSeconds, b[i].dataWaitSeconds));
  }
}

}  // namespace tandem
