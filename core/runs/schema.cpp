#include "core/runs/schema.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iterator>
#include <thread>

#include "core/runs/blob.h"

namespace tandem {
namespace {

constexpr const char* kDatabaseName = "runs.sqlite";
constexpr std::int64_t kApplicationId = 0x54414E44;  // "TAND"; `file` and PRAGMA application_id show it

// Version 1, unchanged. steps: `first` is the first step of a blob of up to kStepsPerBlob
// records. New databases go through the same migrations as old ones.
constexpr const char* kVersion1 = R"(
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
)";

// uid: identifies a run in every record that it is imported into. data: a fingerprint. kernels: those chosen.
// trashed: deletion time in seconds since 1970; NULL: not deleted. tags: a JSON list.
constexpr const char* kVersion2 = R"(
ALTER TABLE runs ADD COLUMN uid TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE runs ADD COLUMN notes TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN data TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN kernels TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN trashed INTEGER;
UPDATE runs SET uid = lower(hex(randomblob(16)));
CREATE INDEX runs_uid ON runs(uid);
CREATE TABLE events (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  number INTEGER NOT NULL, step INTEGER NOT NULL, seconds REAL, kind TEXT NOT NULL, text TEXT NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (run, number)) WITHOUT ROWID;
)";

// readings: of the device; NULL: not available. joules: energy of the run so far.
constexpr const char* kVersion3 = R"(
ALTER TABLE runs ADD COLUMN joules REAL;
CREATE TABLE readings (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  number INTEGER NOT NULL, seconds REAL NOT NULL, utilization REAL, watts REAL, celsius REAL, clock REAL,
  memory INTEGER, joules REAL,
  PRIMARY KEY (run, number)) WITHOUT ROWID;
)";

// best_*: the epoch whose weights are used by default; 0: not known. preprocessing: JSON; '': not known.
// record_limit: in bytes; NULL: none. spans: summaries of steps (step_span.h), with rows like those of steps.
constexpr const char* kVersion4 = R"(
ALTER TABLE runs ADD COLUMN best_epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN best_metric TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN best_value REAL NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN preprocessing TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN record_limit INTEGER;
CREATE TABLE spans (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  first INTEGER NOT NULL, value_count INTEGER NOT NULL, records BLOB NOT NULL,
  PRIMARY KEY (run, first)) WITHOUT ROWID;
CREATE TABLE settings (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
)";

// initial_weights: a fingerprint. matrices (of runs): what they are, as JSON. counts: by true and predicted class; epoch 0: of the test set.
constexpr const char* kVersion5 = R"(
ALTER TABLE runs ADD COLUMN initial_weights TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN matrices TEXT NOT NULL DEFAULT '[]';
CREATE TABLE matrices (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  epoch INTEGER NOT NULL, number INTEGER NOT NULL, counts BLOB NOT NULL,
  PRIMARY KEY (run, epoch, number)) WITHOUT ROWID;
)";

// kMigrations[v] migrates version v to version v + 1.
constexpr const char* kMigrations[] = {kVersion1, kVersion2, kVersion3, kVersion4, kVersion5};
static_assert(std::size(kMigrations) == kSchemaVersion);

// Switching to WAL needs exclusive access for a moment, and SQLite does not wait for it.
Status useWal(sqlite::Database& database) {
  for (int attempt = 0;; ++attempt) {
    Status status = database.execute("PRAGMA journal_mode=WAL");
    if (status.ok() || attempt == 50) return status;
    if (status.error().code == ErrorCode::InvalidInput) return status;  // not a database
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

// Migrates in one transaction, in case other processes access the file.
Status migrate(sqlite::Database& database) {
  TANDEM_ASSIGN(auto transaction, sqlite::Transaction::begin(database));
  TANDEM_ASSIGN(const std::int64_t version, database.integer("PRAGMA user_version"));
  for (std::int64_t v = std::max<std::int64_t>(version, 0); v < kSchemaVersion; ++v)
    TANDEM_TRY(database.execute(kMigrations[v]));
  TANDEM_TRY(database.execute("PRAGMA application_id=" + std::to_string(kApplicationId)));
  // Another process with a newer version of Tandem may have migrated it already.
  if (version < kSchemaVersion)
    TANDEM_TRY(database.execute("PRAGMA user_version=" + std::to_string(kSchemaVersion)));
  return transaction.commit();
}

}  // namespace

bool isReadOnlyRecord(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / kDatabaseName;
  return ::access(file.c_str(), F_OK) == 0 &&
         (::access(file.c_str(), W_OK) != 0 || ::access(folder.c_str(), W_OK) != 0);
}

Result<sqlite::Database> openRunDatabase(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / kDatabaseName;
  const bool readOnly = isReadOnlyRecord(folder);
  TANDEM_ASSIGN(auto database,
                readOnly ? sqlite::Database::openReadOnly(file) : sqlite::Database::open(file));
  TANDEM_ASSIGN(const std::int64_t objects, database.integer("SELECT COUNT(*) FROM sqlite_master"));
  TANDEM_ASSIGN(const std::int64_t version, database.integer("PRAGMA user_version"));
  if (objects > 0) {
    TANDEM_ASSIGN(const std::int64_t application, database.integer("PRAGMA application_id"));
    if (application != kApplicationId)
      return invalid("this is the database of another program, not a run database", file.string(),
                     "Choose another runs folder (TANDEM_RUNS)");
    if (version > kSchemaVersion)
      return Error{ErrorCode::Unsupported, "this run database was written by a newer version of Tandem",
                   file.string(), "Update Tandem or choose another runs folder (TANDEM_RUNS)"};
  }
  if (readOnly) {
    if (version == kSchemaVersion) return database;
    TANDEM_ASSIGN(auto copy, sqlite::Database::copyOf(database));
    TANDEM_TRY(migrate(copy));
    TANDEM_TRY(copy.execute("PRAGMA query_only=ON"));  // changes would be lost
    return copy;
  }
  TANDEM_TRY(useWal(database));
  // Truncates the log after a large transaction.
  TANDEM_TRY(database.execute(
      "PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA journal_size_limit=4194304"));
  if (version < kSchemaVersion) TANDEM_TRY(migrate(database));
  return database;
}

void appendStep(std::string& blob, const StepRecord& record, int values) {
  put(blob, record.step);
  put(blob, record.epoch);
  put(blob, record.rows);
  put(blob, record.wallSeconds);
  put(blob, record.learningRate);
  put(blob, record.stepSeconds);
  put(blob, record.dataWaitSeconds);
  for (int i = 0; i < values; ++i) put(blob, record.values[static_cast<std::size_t>(i)]);
}

Status readSteps(std::string_view blob, std::int64_t values, std::vector<StepRecord>& records) {
  if (values < 0 || values > kReportSlots) return damagedBlob();
  const std::size_t bytes = 36 + 4 * static_cast<std::size_t>(values);
  if (blob.size() % bytes != 0) return damagedBlob();
  const char* at = blob.data();
  for (std::size_t i = 0; i < blob.size() / bytes; ++i) {
    StepRecord& record = records.emplace_back();
    record.step = take<std::int64_t>(at);
    record.epoch = take<std::int32_t>(at);
    record.rows = take<std::int32_t>(at);
    record.wallSeconds = take<double>(at);
    record.learningRate = take<float>(at);
    record.stepSeconds = take<float>(at);
    record.dataWaitSeconds = take<float>(at);
    for (std::int64_t v = 0; v < values; ++v) record.values[static_cast<std::size_t>(v)] = take<float>(at);
  }
  return success();
}

std::string packCounts(const ClassCounts& counts) {
  std::string blob;
  for (const std::int64_t count : counts) putCount(blob, count);
  return blob;
}

Result<ClassCounts> unpackCounts(std::string_view blob, std::size_t number) {
  ClassCounts counts;
  counts.reserve(std::min(number, blob.size()));
  const char* at = blob.data();
  const char* const end = at + blob.size();
  while (at < end && counts.size() < number) {
    counts.push_back(takeCount(at, end));
    if (counts.back() < 0) return damagedBlob();
  }
  if (at != end || counts.size() != number) return damagedBlob();
  return counts;
}

std::string packFloats(std::span<const float> values) {
  std::string blob(values.size_bytes(), '\0');
  if (!values.empty()) std::memcpy(blob.data(), values.data(), values.size_bytes());
  return blob;
}

Status unpackFloats(std::string_view blob, std::span<float> out) {
  if (blob.size() % sizeof(float) != 0 || blob.size() > out.size_bytes()) return damagedBlob();
  // SQLite returns an empty blob as a null pointer, which memcpy must not receive.
  if (!blob.empty()) std::memcpy(out.data(), blob.data(), blob.size());
  return success();
}

}  // namespace tandem
