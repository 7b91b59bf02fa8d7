#include "core/runs/run_store.h"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/network/preprocessing_json.h"
#include "core/runs/environment.h"
#include "core/runs/run_codec.h"
#include "core/runs/run_recorder_impl.h"
#include "core/runs/run_rows.h"
#include "core/runs/run_store_impl.h"
#include "core/runs/schema.h"

namespace tandem {
namespace fs = std::filesystem;

Result<fs::path> RunStore::Impl::runFolder(const std::string& name) const {
  if (!name.starts_with("run-") || name.find('/') != std::string::npos)
    return invalid("the run database names an invalid folder '" + name + "'", database.file().string(),
                   "The database is damaged");
  return folder / name;
}

Error RunStore::Impl::noSuchRun(std::int64_t id) const {
  return {ErrorCode::NotFound, "there is no run " + std::to_string(id), folder.string(),
          "`tandem runs list` lists the recorded runs"};
}

namespace {

constexpr std::string_view kColumns =
    "id, name, device, started, state, error, steps, epochs, seconds, samples_per_second, train_loss,"
    " validation_loss, test_metric, metric_name, folder, weights, tags, notes, imported, joules, best_epoch,"
    " best_metric, best_value";

// The values of each table without the overhead of the database, which is a few percent.
constexpr std::string_view kRecordSize = R"(
SELECT LENGTH(project) + LENGTH(preprocessing) + LENGTH(environment) + LENGTH(kernels) + LENGTH(notes)
  + (SELECT TOTAL(LENGTH(records)) FROM steps WHERE run = id)
  + (SELECT TOTAL(LENGTH(records)) FROM spans WHERE run = id)
  + (SELECT TOTAL(LENGTH(train) + COALESCE(LENGTH(validation), 0) + 40) FROM epochs WHERE run = id)
  + (SELECT TOTAL(LENGTH(counts) + 16) FROM matrices WHERE run = id)
  + (SELECT TOTAL(LENGTH(record)) FROM profiles WHERE run = id)
  + (SELECT TOTAL(LENGTH(text) + LENGTH(kind) + 32) FROM events WHERE run = id)
  + (SELECT COUNT(*) * 64 FROM readings WHERE run = id), record_limit
FROM runs WHERE id = ? AND trashed IS NULL)";

// Reads kColumns, in order.
Status readSummary(const sqlite::Statement& row, const RunStore::Impl& store, RunSummary& run) {
  run.id = row.integer(0);
  run.name = row.text(1);
  run.device = row.text(2);
  run.started = row.text(3);
  run.state = runStateFromName(row.text(4)).value_or(RunState::Interrupted);
  run.error = row.text(5);
  run.steps = row.integer(6);
  run.epochs = static_cast<std::int32_t>(row.integer(7));
  run.seconds = row.number(8);
  run.samplesPerSecond = row.number(9);
  run.trainLoss = row.optionalNumber(10);
  run.validationLoss = row.optionalNumber(11);
  run.testMetric = row.optionalNumber(12);
  run.metricName = row.text(13);
  TANDEM_ASSIGN(run.folder, store.runFolder(row.text(14)));
  if (const std::string weights = row.text(15); !weights.empty()) run.weights = run.folder / weights;
  TANDEM_ASSIGN(run.tags, tagsFromJson(row.text(16)));
  run.notes = row.text(17);
  run.imported = row.integer(18) != 0;
  run.joules = row.optionalNumber(19);
  run.best = {static_cast<std::int32_t>(row.integer(20)), row.text(21), row.number(22)};
  if (run.state == RunState::Running && !LiveLock::held(run.folder)) run.state = RunState::Interrupted;
  // A killed run could not record where its last checkpoint is stored.
  std::error_code ignored;
  const fs::path checkpoint = run.folder / Trainer::kCheckpointName;
  if (run.state == RunState::Interrupted && run.weights.empty() && fs::exists(checkpoint, ignored))
    run.weights = checkpoint;
  return success();
}

}  // namespace

Result<std::vector<RunSummary>> RunStore::Impl::list(std::string_view which) {
  TANDEM_ASSIGN(auto query, database.prepare(fmt::format("SELECT {} FROM runs WHERE {} ORDER BY id DESC",
                                                         kColumns, which)));
  std::vector<RunSummary> runs;
  while (true) {
    TANDEM_ASSIGN(const bool found, query.next());
    if (!found) return runs;
    TANDEM_TRY(readSummary(query, *this, runs.emplace_back()));
  }
}

Result<RunInfo> RunStore::Impl::find(std::int64_t id) {
  TANDEM_ASSIGN(
      auto query,
      database.prepare(fmt::format(
          "SELECT {}, uid, project, environment, data, kernels, preprocessing, initial_weights FROM runs"
          " WHERE id=? AND trashed IS NULL",
          kColumns)));
  query.bind(id);
  TANDEM_ASSIGN(const bool found, query.next());
  if (!found) return noSuchRun(id);
  RunInfo info;
  TANDEM_TRY(readSummary(query, *this, info));
  info.uid = query.text(23);
  info.projectJson = query.text(24);
  TANDEM_ASSIGN(info.environment, pairsFromJson(query.text(25)));
  info.data = query.text(26);
  info.kernels = query.text(27);
  info.preprocessing = query.text(28);
  info.initialWeights = query.text(29);
  return info;
}

Result<fs::path> makeRunFolder(const fs::path& store, std::int64_t id) {
  for (int attempt = 1; attempt < 1000; ++attempt) {
    std::string name = std::to_string(id);
    if (attempt > 1) name.append("-").append(std::to_string(attempt));
    const fs::path folder = store / std::string("run-").append(name);
    std::error_code problem;
    if (fs::create_directory(folder, problem)) return folder;
    if (problem) return fileError(folder, "create the folder", problem.value());
  }
  return Error{ErrorCode::Io, "there are too many old run folders", store.string(),
               "Move them to another location"};
}

namespace {

// Empty: not set.
std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

fs::path RunStore::defaultFolder() {
  if (std::string folder = variable("TANDEM_RUNS"); !folder.empty()) return fs::path(std::move(folder));
  if (const std::string data = variable("XDG_DATA_HOME"); !data.empty())
    return fs::path(data) / "tandem" / "runs";
  const std::string home = variable("HOME");
  return fs::path(home.empty() ? "." : home) / ".local" / "share" / "tandem" / "runs";
}

bool RunStore::defaultIsWorkingDirectory() {
  return variable("TANDEM_RUNS").empty() && variable("XDG_DATA_HOME").empty() && variable("HOME").empty();
}

RunStore::RunStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RunStore::~RunStore() = default;

const fs::path& RunStore::folder() const {
  return impl_->folder;
}

bool RunStore::readOnly() const {
  return impl_->readOnly;
}

Result<std::unique_ptr<RunStore>> RunStore::open(const fs::path& folder) {
  std::error_code problem;
  const fs::path absolutePath = fs::absolute(folder, problem).lexically_normal();
  fs::create_directories(absolutePath, problem);
  if (problem) {
    Error error = fileError(absolutePath, "create the runs folder", problem.value());
    error.hint = "Choose a writable folder (TANDEM_RUNS)";
    return error;
  }
  TANDEM_ASSIGN(auto database, openRunDatabase(absolutePath));
  TANDEM_ASSIGN(auto reader, openRunDatabase(absolutePath));
  std::unique_ptr<RunStore> store(
      new RunStore(std::make_unique<Impl>(std::move(database), std::move(reader), absolutePath)));
  store->impl_->readOnly = isReadOnlyRecord(absolutePath);
  if (store->impl_->readOnly) return store;
  // Old files that cannot be removed now must not prevent access to the record.
  (void)store->impl_->purge(std::time(nullptr) - kTrashSeconds);
  return store;
}

Result<std::unique_ptr<RunRecorder>> RunStore::begin(const Project& project, const std::string& deviceText,
                                                     const std::string& dataFingerprint,
                                                     const Preprocessing& preprocessing,
                                                     const std::string& initialWeights) {
  const std::string environment = pairsToJson(environmentFacts());
  const std::string json = toJson(project);
  TANDEM_ASSIGN(const std::int64_t limit, recordLimit());
  // The recorder writes on a separate thread and therefore uses a separate connection.
  TANDEM_ASSIGN(auto own, openRunDatabase(impl_->folder));
  const std::lock_guard guard(impl_->mutex);
  sqlite::Database& database = impl_->database;
  TANDEM_ASSIGN(auto transaction, sqlite::Transaction::begin(database));
  TANDEM_ASSIGN(auto last, database.prepare("SELECT MAX(sequence) FROM runs WHERE project_name=?"));
  last.bind(project.name);
  TANDEM_ASSIGN(const bool found, last.next());
  const std::int64_t sequence = (found ? last.integer(0) : 0) + 1;
  TANDEM_ASSIGN(auto insert,
                database.prepare(
                    "INSERT INTO runs (project_name, sequence, name, device, started, state, folder, project,"
                    " environment, data, preprocessing, initial_weights, record_limit, uid)"
                    " VALUES (?,?,?,?,?,'running','',?,?,?,?,?,?,lower(hex(randomblob(16))))"));
  const std::string title = project.name.empty() ? "Untitled" : project.name;
  TANDEM_TRY(insert.bind(project.name)
                 .bind(sequence)
                 .bind(title + " #" + std::to_string(sequence))
                 .bind(deviceText)
                 .bind(utcNow())
                 .bind(json)
                 .bind(environment)
                 .bind(dataFingerprint)
                 .bind(preprocessing.fields.empty() ? std::string() : toJson(preprocessing))
                 .bind(initialWeights)
                 .bind(limit)
                 .run());
  const std::int64_t id = database.lastInsertedRow();
  TANDEM_ASSIGN(const fs::path folder, makeRunFolder(impl_->folder, id));
  TANDEM_ASSIGN(auto lock, LiveLock::take(folder));  // before the row becomes visible
  TANDEM_ASSIGN(auto name, database.prepare("UPDATE runs SET folder=? WHERE id=?"));
  TANDEM_TRY(name.bind(folder.filename().string()).bind(id).run());
  TANDEM_TRY(transaction.commit());
  logInfo(fmt::format("run {} started: {}, {} layers, batch {}, on {}, in {}", id, title,
                      project.network.layers().size(), project.training.batch, deviceText, folder.string()));
  auto impl = std::make_unique<RunRecorder::Impl>(std::move(own), std::move(lock), id, folder, limit);
  return std::unique_ptr<RunRecorder>(new RunRecorder(std::move(impl)));
}

Result<std::int64_t> RunStore::recordLimit() const {
  const std::lock_guard guard(impl_->mutex);
  TANDEM_ASSIGN(const std::int64_t set,
                impl_->database.integer("SELECT value FROM settings WHERE name='record_limit'"));
  return set > 0 ? set : kDefaultLimit;
}

Result<RecordSize> RunStore::recordSize(std::int64_t id) const {
  const std::lock_guard guard(impl_->mutex);
  TANDEM_ASSIGN(auto query, impl_->database.prepare(kRecordSize));
  TANDEM_ASSIGN(const bool found, query.bind(id).next());
  if (!found) return impl_->noSuchRun(id);
  RecordSize size{query.integer(0), {}};
  if (!query.isNull(1)) size.limit = query.integer(1);
  return size;
}

Result<std::vector<RunSummary>> RunStore::list() const {
  const std::lock_guard guard(impl_->mutex);
  return impl_->list("trashed IS NULL");
}

Result<std::vector<RunSummary>> RunStore::trash() const {
  const std::lock_guard guard(impl_->mutex);
  return impl_->list("trashed IS NOT NULL");
}

Result<RunInfo> RunStore::info(std::int64_t id) const {
  const std::lock_guard guard(impl_->mutex);
  return impl_->find(id);
}

Result<RunCurves> RunStore::curves(std::int64_t id) const {
  const std::lock_guard guard(impl_->readerMutex);
  TANDEM_ASSIGN(auto curves, readCurves(impl_->reader, id));
  if (!curves) return impl_->noSuchRun(id);
  return std::move(*curves);
}

}  // namespace tandem
