// Edits recorded runs: names, tags, notes, import, trash and restore.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "core/base/file.h"
#include "core/runs/run_codec.h"
#include "core/runs/run_rows.h"
#include "core/runs/run_store_impl.h"
#include "core/runs/schema.h"

namespace tandem {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMaxTags = 64, kMaxTagBytes = 100, kMaxNotesBytes = 1 << 20, kMaxRunNameBytes = 1000;

std::string_view withoutBlanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

Result<std::vector<std::string>> tidyTags(std::string_view text) {
  std::vector<std::string> tags;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view tag = withoutBlanks(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (tag.empty() || std::find(tags.begin(), tags.end(), tag) != tags.end()) continue;
    if (tag.size() > kMaxTagBytes)
      return invalid(fmt::format("a tag is longer than {} bytes", kMaxTagBytes),
                     std::string(tag.substr(0, 40)), "Put it in the notes");
    tags.emplace_back(tag);
  }
  if (tags.size() > kMaxTags) return invalid(fmt::format("a run has at most {} tags", kMaxTags));
  return tags;
}

Status writeCurves(sqlite::Database& database, std::int64_t id, const RunCurves& curves) {
  const int values = valueCount(curves.slots);
  std::string blob;
  for (std::size_t first = 0; first < curves.steps.size(); first += kStepsPerBlob) {
    blob.clear();
    const std::size_t end = std::min<std::size_t>(curves.steps.size(), first + kStepsPerBlob);
    for (std::size_t i = first; i < end; ++i) appendStep(blob, curves.steps[i], values);
    TANDEM_TRY(writeSteps(database, id, curves.steps[first].step, values, blob));
  }
  for (std::size_t first = 0; first < curves.thinned.size(); first += kStepsPerBlob) {
    blob.clear();
    const std::size_t end = std::min<std::size_t>(curves.thinned.size(), first + kStepsPerBlob);
    for (std::size_t i = first; i < end; ++i) appendSpan(blob, curves.thinned[i], values);
    TANDEM_TRY(writeSpans(database, id, curves.thinned[first].first, values, blob));
  }
  TANDEM_TRY(writeEpochs(database, id, curves.epochs));
  TANDEM_TRY(writeMatrices(database, id, 0, curves.testMatrices));
  TANDEM_TRY(writeProfiles(database, id, curves.profiles));
  TANDEM_TRY(writeEvents(database, id, 0, curves.events));
  return writeReadings(database, id, 0, curves.readings);
}

}  // namespace

Status RunStore::Impl::set(std::int64_t id, std::string_view column, std::string_view value) {
  const std::lock_guard guard(mutex);
  TANDEM_TRY(find(id));
  TANDEM_ASSIGN(auto update, database.prepare(fmt::format("UPDATE runs SET {}=? WHERE id=?", column)));
  return update.bind(value).bind(id).run();
}

Status RunStore::rename(std::int64_t id, const std::string& name) {
  if (withoutBlanks(name).empty()) return invalid("a run needs a name");
  if (name.size() > kMaxRunNameBytes)
    return invalid(fmt::format("the name is longer than {} bytes", kMaxRunNameBytes));
  return impl_->set(id, "name", withoutBlanks(name));
}

std::string tagsText(const std::vector<std::string>& tags) {
  return fmt::format("{}", fmt::join(tags, ", "));
}

Status RunStore::setTags(std::int64_t id, std::string_view tags) {
  TANDEM_ASSIGN(const auto tidy, tidyTags(tags));
  return impl_->set(id, "tags", tagsToJson(tidy));
}

Status RunStore::setNotes(std::int64_t id, const std::string& notes) {
  if (notes.size() > kMaxNotesBytes) return invalid("the notes are longer than 1 MiB");
  return impl_->set(id, "notes", notes);
}

Status RunStore::setWeights(std::int64_t id, const fs::path& checkpoint) {
  return impl_->set(id, "weights", checkpoint.string());
}

Status RunStore::setRecordLimit(std::int64_t bytes) {
  if (bytes < kSmallestLimit || bytes > kLargestLimit)
    return invalid(fmt::format("the limit must be from {} MB to {} MB", kSmallestLimit / 1'000'000,
                               kLargestLimit / 1'000'000));
  const std::lock_guard guard(impl_->mutex);
  TANDEM_ASSIGN(auto insert,
                impl_->database.prepare("INSERT OR REPLACE INTO settings VALUES ('record_limit', ?)"));
  return insert.bind(bytes).run();
}

Result<std::int64_t> RunStore::add(const RecordedRun& run) {
  const RunInfo& info = run.info;
  TANDEM_ASSIGN(const auto tags, tidyTags(tagsText(info.tags)));
  const std::lock_guard guard(impl_->mutex);
  sqlite::Database& database = impl_->database;
  TANDEM_ASSIGN(auto transaction, sqlite::Transaction::begin(database));
  TANDEM_ASSIGN(auto same, database.prepare("SELECT id, name, trashed FROM runs WHERE uid=?"));
  TANDEM_ASSIGN(const bool known, same.bind(info.uid).next());
  if (known && same.isNull(2))
    return invalid(
        fmt::format("this run is already recorded as run {}, '{}'", same.integer(0), same.text(1)));
  if (known) {
    const std::int64_t id = same.integer(0);
    TANDEM_TRY(same.run());
    TANDEM_ASSIGN(auto back, database.prepare("UPDATE runs SET trashed=NULL WHERE id=?"));
    TANDEM_TRY(back.bind(id).run());
    TANDEM_TRY(transaction.commit());
    return id;
  }
  // project_name and sequence number the runs of this machine; imported runs do not count.
  TANDEM_ASSIGN(
      auto insert,
      database.prepare(
          "INSERT INTO runs (project_name, sequence, name, device, started, state, error, steps, epochs,"
          " seconds, samples_per_second, train_loss, validation_loss, test_metric, metric_name, folder,"
          " project, environment, slots, uid, tags, notes, data, kernels, joules, best_epoch, best_metric,"
          " best_value, preprocessing, matrices, initial_weights, imported)"
          " VALUES ('',0,?,?,?,?,?,?,?,?,?,?,?,?,?,'',?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,1)"));
  insert.bind(info.name)
      .bind(info.device)
      .bind(info.started)
      .bind(std::string(nameOf(info.state)))
      .bind(info.error);
  insert.bind(info.steps).bind(std::int64_t{info.epochs}).bind(info.seconds).bind(info.samplesPerSecond);
  insert.bind(info.trainLoss).bind(info.validationLoss).bind(info.testMetric);
  insert.bind(info.metricName).bind(info.projectJson).bind(pairsToJson(info.environment));
  insert.bind(slotsToJson(run.curves.slots)).bind(info.uid).bind(tagsToJson(tags)).bind(info.notes);
  insert.bind(info.data).bind(info.kernels).bind(info.joules);
  insert.bind(std::int64_t{info.best.epoch})
      .bind(info.best.metric)
      .bind(info.best.value)
      .bind(info.preprocessing)
      .bind(matricesToJson(run.curves.matrices))
      .bind(info.initialWeights);
  TANDEM_TRY(insert.run());
  const std::int64_t id = database.lastInsertedRow();
  TANDEM_TRY(writeCurves(database, id, run.curves));
  TANDEM_ASSIGN(const fs::path folder, makeRunFolder(impl_->folder, id));
  TANDEM_ASSIGN(auto name, database.prepare("UPDATE runs SET folder=? WHERE id=?"));
  TANDEM_TRY(name.bind(folder.filename().string()).bind(id).run());
  TANDEM_TRY(transaction.commit());
  return id;
}

Status RunStore::remove(std::int64_t id) {
  const std::lock_guard guard(impl_->mutex);
  TANDEM_ASSIGN(const RunInfo info, impl_->find(id));
  if (info.state == RunState::Running)
    return invalid("the run is still in progress", info.name, "Stop it first");
  TANDEM_ASSIGN(auto update, impl_->database.prepare("UPDATE runs SET trashed=? WHERE id=?"));
  return update.bind(std::int64_t{std::time(nullptr)}).bind(id).run();
}

Status RunStore::restore(std::int64_t id) {
  const std::lock_guard guard(impl_->mutex);
  sqlite::Database& database = impl_->database;
  TANDEM_ASSIGN(auto update,
                database.prepare("UPDATE runs SET trashed=NULL WHERE id=? AND trashed IS NOT NULL"));
  TANDEM_TRY(update.bind(id).run());
  TANDEM_ASSIGN(const std::int64_t changed, database.integer("SELECT changes()"));
  if (changed == 1) return success();
  return Error{ErrorCode::NotFound, fmt::format("there is no run {} in the trash", id),
               impl_->folder.string(), "It may have been deleted more than a day ago"};
}

Status RunStore::emptyTrash() {
  const std::lock_guard guard(impl_->mutex);
  return impl_->purge(std::numeric_limits<std::int64_t>::max());
}

Status RunStore::discard(std::int64_t id) {
  const std::lock_guard guard(impl_->mutex);
  TANDEM_ASSIGN(const RunInfo info, impl_->find(id));
  if (info.state == RunState::Running)
    return invalid("the run is still in progress", info.name, "Stop it first");
  return impl_->erase(id, info.folder);
}

Status RunStore::Impl::purge(std::int64_t time) {
  TANDEM_ASSIGN(const auto runs, list(fmt::format("trashed < {}", time)));
  Status result = success();
  for (const RunSummary& run : runs)
    if (Status status = erase(run.id, run.folder); !status.ok()) result = std::move(status);
  return result;
}

Status RunStore::Impl::erase(std::int64_t id, const fs::path& runFolder) {
  std::error_code problem;
  fs::remove_all(runFolder, problem);
  if (problem) return fileError(runFolder, "remove the folder", problem.value());
  TANDEM_ASSIGN(auto remove, database.prepare("DELETE FROM runs WHERE id=?"));
  return remove.bind(id).run();
}

}  // namespace tandem
