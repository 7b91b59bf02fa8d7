#include "core/runs/run_store.h"

#include <cstdlib>
#include <limits>
#include <mutex>

#include "core/base/file.h"
#include "core/runs/environment.h"
#include "core/runs/run_codec.h"
#include "core/runs/run_recorder_impl.h"

namespace tandem {
namespace fs = std::filesystem;

struct RunStore::Impl {
  Impl(sqlite::Database openDatabase, fs::path storeFolder)
      : database(std::move(openDatabase)), folder(std::move(storeFolder)) {}
  std::mutex mutex;  // the connection's
  sqlite::Database database;
  fs::path folder;

  // Folder names come from the database: only a plain name inside the store is believed.
  Result<fs::path> runFolder(const std::string& name) const {
    if (!name.starts_with("run-") || name.find('/') != std::string::npos)
      return invalid("the record names an impossible folder '" + name + "'", database.file().string(),
                     "The record is damaged");
    return folder / name;
  }
  Error noSuchRun(std::int64_t id) const {
    return {ErrorCode::NotFound, "there is no run " + std::to_string(id), folder.string(),
            "`tandem runs list` lists them"};
  }
  Result<RunInfo> read(const sqlite::Statement& row) const;
  Result<RunInfo> find(std::int64_t id);
};

namespace {

constexpr std::string_view kColumns =
    "id, name, device, started, state, error, steps, epochs, seconds, samples_per_second, train_loss,"
    " validation_loss, test_metric, metric_name, folder, weights, project, environment";

double lossOrUnknown(const sqlite::Statement& row, int column) {
  return row.isNull(column) ? std::numeric_limits<double>::quiet_NaN() : row.number(column);
}

Error at(Error error, const fs::path& where) {
  if (error.where.empty()) error.where = where.string();
  return error;
}

// A new folder "run-ID"; never one that is there already (its database may have been moved away).
Result<fs::path> makeFolder(const fs::path& store, std::int64_t id) {
  for (int attempt = 1; attempt < 1000; ++attempt) {
    std::string name = std::to_string(id);
    if (attempt > 1) name.append("-").append(std::to_string(attempt));
    const fs::path folder = store / std::string("run-").append(name);
    std::error_code problem;
    if (fs::create_directory(folder, problem)) return folder;
    if (problem) return fileError(folder, "create the folder", problem.value());
  }
  return Error{ErrorCode::Io, "there are too many old run folders", store.string(), "Move them away"};
}

}  // namespace

Result<RunInfo> RunStore::Impl::read(const sqlite::Statement& row) const {
  RunInfo info;
  info.id = row.integer(0);
  info.name = row.text(1);
  info.device = row.text(2);
  info.started = row.text(3);
  info.state = row.text(4);
  info.error = row.text(5);
  info.steps = row.integer(6);
  info.epochs = static_cast<std::int32_t>(row.integer(7));
  info.seconds = row.number(8);
  info.samplesPerSecond = row.number(9);
  info.trainLoss = lossOrUnknown(row, 10);
  info.validationLoss = lossOrUnknown(row, 11);
  info.testMetric = row.isNull(12) ? -1 : row.number(12);
  info.metricName = row.text(13);
  TANDEM_ASSIGN(info.folder, runFolder(row.text(14)));
  if (const std::string weights = row.text(15); !weights.empty()) info.weights = info.folder / weights;
  info.projectJson = row.text(16);
  TANDEM_ASSIGN(info.environment, pairsFromJson(row.text(17)));
  if (info.state == "running" && !LiveLock::held(info.folder)) info.state = "interrupted";
  // A run that was killed could not say where its last checkpoint lies.
  std::error_code ignored;
  const fs::path checkpoint = info.folder / Trainer::kCheckpointName;
  if (info.state == "interrupted" && info.weights.empty() && fs::exists(checkpoint, ignored))
    info.weights = checkpoint;
  return info;
}

Result<RunInfo> RunStore::Impl::find(std::int64_t id) {
  TANDEM_ASSIGN(auto query, database.prepare("SELECT " + std::string(kColumns) + " FROM runs WHERE id=?"));
  query.bind(id);
  TANDEM_ASSIGN(const bool found, query.next());
  if (!found) return noSuchRun(id);
  return read(query);
}

fs::path RunStore::defaultFolder() {
  if (const char* folder = std::getenv("TANDEM_RUNS"); folder && *folder) return folder;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data && *data)
    return fs::path(data) / "tandem" / "runs";
  const char* home = std::getenv("HOME");
  return fs::path(home && *home ? home : ".") / ".local" / "share" / "tandem" / "runs";
}

RunStore::RunStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RunStore::~RunStore() = default;

const fs::path& RunStore::folder() const {
  return impl_->folder;
}

Result<std::unique_ptr<RunStore>> RunStore::open(const fs::path& folder) {
  std::error_code problem;
  const fs::path whole = fs::absolute(folder, problem).lexically_normal();
  fs::create_directories(whole, problem);
  if (problem) {
    Error error = fileError(whole, "create the runs folder", problem.value());
    error.hint = "Choose a folder that you may write to (TANDEM_RUNS)";
    return error;
  }
  TANDEM_ASSIGN(auto database, openRunDatabase(whole));
  return std::unique_ptr<RunStore>(new RunStore(std::make_unique<Impl>(std::move(database), whole)));
}

Result<std::unique_ptr<RunRecorder>> RunStore::begin(const Project& project, const std::string& deviceText) {
  const std::string environment = pairsToJson(environmentFacts());
  const std::string json = toJson(project);
  // The recorder writes from its own thread and so over its own connection.
  TANDEM_ASSIGN(auto own, openRunDatabase(impl_->folder));
  const std::lock_guard guard(impl_->mutex);
  sqlite::Database& database = impl_->database;
  TANDEM_ASSIGN(auto transaction, sqlite::Transaction::begin(database));
  TANDEM_ASSIGN(auto last, database.prepare("SELECT MAX(sequence) FROM runs WHERE project_name=?"));
  last.bind(project.name);
  TANDEM_ASSIGN(const bool found, last.next());
  const std::int64_t sequence = (found ? last.integer(0) : 0) + 1;
  TANDEM_ASSIGN(
      auto insert,
      database.prepare("INSERT INTO runs (project_name, sequence, name, device, started, state, folder,"
                       " project, environment) VALUES (?,?,?,?,?,'running','',?,?)"));
  const std::string title = project.name.empty() ? "Untitled" : project.name;
  TANDEM_TRY(insert.bind(project.name)
                 .bind(sequence)
                 .bind(title + " #" + std::to_string(sequence))
                 .bind(deviceText)
                 .bind(utcNow())
                 .bind(json)
                 .bind(environment)
                 .run());
  const std::int64_t id = database.lastInsertedRow();
  TANDEM_ASSIGN(const fs::path folder, makeFolder(impl_->folder, id));
  TANDEM_ASSIGN(auto lock, LiveLock::take(folder));  // before anybody can see the row
  TANDEM_ASSIGN(auto name, database.prepare("UPDATE runs SET folder=? WHERE id=?"));
  TANDEM_TRY(name.bind(folder.filename().string()).bind(id).run());
  TANDEM_TRY(transaction.commit());
  auto impl = std::make_unique<RunRecorder::Impl>(std::move(own), std::move(lock), id, folder);
  return std::unique_ptr<RunRecorder>(new RunRecorder(std::move(impl)));
}

Result<std::vector<RunInfo>> RunStore::list() const {
  const std::lock_guard guard(impl_->mutex);
  TANDEM_ASSIGN(auto query,
                impl_->database.prepare("SELECT " + std::string(kColumns) + " FROM runs ORDER BY id DESC"));
  std::vector<RunInfo> runs;
  while (true) {
    TANDEM_ASSIGN(const bool found, query.next());
    if (!found) return runs;
    TANDEM_ASSIGN(auto info, impl_->read(query));
    runs.push_back(std::move(info));
  }
}

Result<RunInfo> RunStore::info(std::int64_t id) const {
  const std::lock_guard guard(impl_->mutex);
  return impl_->find(id);
}

Result<RunCurves> RunStore::curves(std::int64_t id) const {
  const std::lock_guard guard(impl_->mutex);
  sqlite::Database& database = impl_->database;
  const fs::path& file = database.file();
  RunCurves curves;
  TANDEM_ASSIGN(auto slots, database.prepare("SELECT slots FROM runs WHERE id=?"));
  slots.bind(id);
  TANDEM_ASSIGN(const bool found, slots.next());
  if (!found) return impl_->noSuchRun(id);
  auto parsed = slotsFromJson(slots.text(0));
  if (!parsed.ok()) return at(parsed.error(), file);
  curves.slots = std::move(*parsed);

  TANDEM_ASSIGN(auto steps,
                database.prepare("SELECT value_count, records FROM steps WHERE run=? ORDER BY first"));
  steps.bind(id);
  while (true) {
    TANDEM_ASSIGN(const bool more, steps.next());
    if (!more) break;
    const std::int64_t values = steps.integer(0);
    if (Status s = readSteps(steps.blob(1), values, curves.steps); !s.ok()) return at(s.error(), file);
  }

  TANDEM_ASSIGN(auto epochs, database.prepare("SELECT epoch, step, train, validation, seconds, train_seconds,"
                                              " samples_per_second FROM epochs WHERE run=? ORDER BY epoch"));
  epochs.bind(id);
  while (true) {
    TANDEM_ASSIGN(const bool more, epochs.next());
    if (!more) break;
    EpochRecord& e = curves.epochs.emplace_back();
    e.epoch = static_cast<std::int32_t>(epochs.integer(0));
    e.step = epochs.integer(1);
    e.hasValidation = !epochs.isNull(3);
    if (Status s = unpackFloats(epochs.blob(2), e.train); !s.ok()) return at(s.error(), file);
    if (Status s = unpackFloats(epochs.blob(3), e.validation); !s.ok()) return at(s.error(), file);
    e.seconds = epochs.number(4);
    e.trainSeconds = epochs.number(5);
    e.samplesPerSecond = epochs.number(6);
  }

  TANDEM_ASSIGN(auto profiles, database.prepare("SELECT record FROM profiles WHERE run=? ORDER BY step"));
  profiles.bind(id);
  while (true) {
    TANDEM_ASSIGN(const bool more, profiles.next());
    if (!more) return curves;
    auto profile = profileFromJson(profiles.text(0));
    if (!profile.ok()) return at(profile.error(), file);
    curves.profiles.push_back(std::move(*profile));
  }
}

Status RunStore::rename(std::int64_t id, const std::string& name) {
  if (name.empty()) return invalid("a run needs a name");
  const std::lock_guard guard(impl_->mutex);
  TANDEM_TRY(impl_->find(id));
  TANDEM_ASSIGN(auto update, impl_->database.prepare("UPDATE runs SET name=? WHERE id=?"));
  return update.bind(name).bind(id).run();
}

Status RunStore::remove(std::int64_t id) {
  const std::lock_guard guard(impl_->mutex);
  TANDEM_ASSIGN(const RunInfo info, impl_->find(id));
  if (info.state == "running") return invalid("the run is still going on", info.name, "Stop it first");
  TANDEM_ASSIGN(auto erase, impl_->database.prepare("DELETE FROM runs WHERE id=?"));
  TANDEM_TRY(erase.bind(id).run());
  std::error_code problem;
  fs::remove_all(info.folder, problem);
  if (problem) return fileError(info.folder, "remove the folder", problem.value());
  return success();
}

}  // namespace tandem
