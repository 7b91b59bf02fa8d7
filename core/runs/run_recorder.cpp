#include <fmt/format.h>

#include <chrono>

#include "core/base/log.h"
#include "core/runs/kernels.h"
#include "core/runs/run_codec.h"
#include "core/runs/run_events.h"
#include "core/runs/run_recorder_impl.h"
#include "core/runs/run_rows.h"

namespace tandem {
namespace {

constexpr int kProfilesPerInterval = 300;
constexpr auto kLook = std::chrono::milliseconds(100);
constexpr int kLooksPerFlush = 5;
// Shares of the limit, besides the three quarters for steps (step_log.h).
constexpr std::int64_t kEpochShare = 16, kMatrixShare = 16, kProfileShare = 16, kEventShare = 32,
                       kReadingShare = 32;
constexpr std::int64_t kReadingBytes = 64, kEventBytes = 100;  // typical

}  // namespace

RunRecorder::Impl::Impl(sqlite::Database openDatabase, LiveLock liveLock, std::int64_t run,
                        std::filesystem::path runFolder, std::int64_t maxBytes)
    : database(std::move(openDatabase)),
      lock(std::move(liveLock)),
      id(run),
      folder(std::move(runFolder)),
      limit(maxBytes),
      readingThinning(maxBytes / kReadingShare / kReadingBytes),
      steps(database, run, maxBytes) {
  writer = std::thread([this] {
    try {
      writeLoop();
    } catch (const std::exception& exception) {
      setProblem(exception.what());
    }
  });
}

RunRecorder::Impl::~Impl() {
  {
    const std::lock_guard guard(mutex);
    stopping = true;
  }
  wake.notify_all();
  if (writer.joinable()) writer.join();
}

void RunRecorder::Impl::setProblem(const std::string& text) {
  const std::lock_guard guard(mutex);
  if (problem.empty()) problem = text;
}

void RunRecorder::Impl::writeLoop() {
  bool last = false;
  for (int look = 1; !last; ++look) {
    {
      std::unique_lock guard(mutex);
      wake.wait_for(guard, kLook, [&] { return stopping; });
      last = stopping;
    }
    StepRecord record;
    Status status = success();
    while (status.ok() && ring.tryPop(record)) {
      if (stepValues == 0) {
        const std::lock_guard guard(mutex);
        stepValues = valueCount(slots);
      }
      lastStep = record;
      status = steps.append(record, stepValues);
    }
    if (status.ok() && (last || look % kLooksPerFlush == 0)) status = flush();
    if (!status.ok()) {
      setProblem(status.error().text());
      return;  // the recording ends; the ring fills up and is ignored
    }
  }
}

Status RunRecorder::Impl::flush() {
  {
    const std::lock_guard guard(mutex);
    if (!steps.changed() && epochs.empty() && profiles.empty() && events.empty() && readings.empty() &&
        (slotsWritten || slots.empty()))
      return success();
  }
  TANDEM_ASSIGN(auto transaction, sqlite::Transaction::begin(database));
  TANDEM_TRY(steps.flush());
  TANDEM_TRY(writeQueues());
  TANDEM_TRY(writeProgress());
  return transaction.commit();
}

Status RunRecorder::Impl::writeQueues() {
  std::vector<EpochRecord> newEpochs;
  std::vector<ProfileRecord> newProfiles;
  std::vector<RunEvent> newEvents;
  std::vector<ReadingRecord> newReadings;
  std::vector<ReportSlot> newSlots;
  {
    const std::lock_guard guard(mutex);
    newEpochs.swap(epochs);
    newProfiles.swap(profiles);
    newEvents.swap(events);
    newReadings.swap(readings);
    if (!slotsWritten) newSlots = slots;
    slotsWritten = slotsWritten || !slots.empty();
  }
  if (!newSlots.empty()) {
    TANDEM_ASSIGN(auto update, database.prepare("UPDATE runs SET slots=?, matrices=?, kernels=? WHERE id=?"));
    TANDEM_TRY(
        update.bind(slotsToJson(newSlots)).bind(matricesToJson(matrices)).bind(kernels).bind(id).run());
  }
  TANDEM_TRY(writeEpochs(database, id, newEpochs));
  epochsWritten += std::ssize(newEpochs);
  for (const EpochRecord& epoch : newEpochs)
    for (const ClassCounts& counts : epoch.matrices)
      matrixBytes += static_cast<std::int64_t>(packCounts(counts).size());
  TANDEM_TRY(writeProfiles(database, id, newProfiles));
  for (const ProfileRecord& profile : newProfiles) profileBytes += profileToJson(profile).size();
  TANDEM_TRY(writeEvents(database, id, eventsWritten, newEvents));
  eventsWritten += static_cast<std::int64_t>(newEvents.size());
  TANDEM_TRY(writeReadings(database, id, readingsWritten, newReadings));
  readingsWritten += static_cast<std::int64_t>(newReadings.size());
  if (!newReadings.empty()) joules = newReadings.back().joules;
  return success();
}

Status RunRecorder::Impl::writeProgress() {
  const std::lock_guard guard(mutex);
  const ReportSlot* const loss = lossSlot(slots);
  if (loss) TANDEM_TRY(thin(loss->slot));
  TANDEM_ASSIGN(
      auto update,
      database.prepare("UPDATE runs SET steps=?, epochs=?, seconds=?, samples_per_second=?, train_loss=?,"
                       " validation_loss=?, joules=?, best_epoch=?, best_metric=?, best_value=? WHERE id=?"));
  update.bind(lastStep ? lastStep->step : 0).bind(std::int64_t{lastEpoch ? lastEpoch->epoch : 0});
  update.bind(lastStep ? lastStep->wallSeconds : 0.0).bind(lastEpoch ? lastEpoch->samplesPerSecond : 0.0);
  const auto lossOf = [&](const std::array<float, kReportSlots>& values) {
    return static_cast<double>(values[static_cast<std::size_t>(loss->slot)]);
  };
  if (loss && lastEpoch)
    update.bind(lossOf(lastEpoch->train));
  else if (loss && lastStep)
    update.bind(lossOf(lastStep->values));
  else
    update.bindNull();
  if (loss && lastEpoch && lastEpoch->hasValidation)
    update.bind(lossOf(lastEpoch->validation));
  else
    update.bindNull();
  update.bind(joules).bind(std::int64_t{best.epoch}).bind(best.metric).bind(best.value);
  return update.bind(id).run();
}

Status RunRecorder::Impl::thin(int lossSlot) {
  const std::int64_t epochBytes = 40 + 8 * std::int64_t{valueCount(slots)};
  for (std::int64_t before = 0;
       epochsWritten != before && epochsWritten * epochBytes > limit / kEpochShare;) {
    before = epochsWritten;
    TANDEM_ASSIGN(epochsWritten, thinEpochs(database, id, lossSlot, best.epoch));
  }
  if (matrixBytes > limit / kMatrixShare) {
    TANDEM_TRY(thinMatrices(database, id, best.epoch));
    matrixBytes /= 2;
  }
  if (static_cast<std::int64_t>(profileBytes) <= limit / kProfileShare) return success();
  profileBytes /= 2;
  profileInterval *= 2;
  return thinProfiles(database, id);
}

RunRecorder::RunRecorder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RunRecorder::~RunRecorder() = default;

std::int64_t RunRecorder::id() const {
  return impl_->id;
}
const std::filesystem::path& RunRecorder::folder() const {
  return impl_->folder;
}

std::string RunRecorder::problem() const {
  const std::lock_guard guard(impl_->mutex);
  return impl_->problem;
}

void RunRecorder::onStart(const Plan& plan) {
  const std::lock_guard guard(impl_->mutex);
  impl_->slots = plan.report;
  impl_->matrices = plan.matrices;
  impl_->kernels = kernelsOf(plan);
}

void RunRecorder::onStep(const StepRecord& record) {
  // A full ring means that the writer has stopped or is starved: the curve has a gap, training continues.
  static_cast<void>(impl_->ring.tryPush(record));
}

void RunRecorder::onEvent(const TrainEvent& event) {
  const std::lock_guard guard(impl_->mutex);
  if (const auto* end = std::get_if<EpochEnd>(&event.what)) {
    if (impl_->problem.empty())
      impl_->epochs.push_back(end->record);  // otherwise nothing is written any more
    impl_->lastEpoch = end->record;
    impl_->best = end->best;
    return;
  }
  if (const auto* error = std::get_if<Error>(&event.what)) logError(*error, fmt::format("run {}", impl_->id));
  std::optional<RunEvent> kept = runEvent(event);
  if (!kept) return;  // finish() writes the test result
  if (kept->kind == RunEventKind::Checkpoint) {
    if (!impl_->checkpointThinning.keeps(++impl_->checkpoints)) return;
    impl_->checkpointThinning.countKept();
  }
  if (impl_->keptEvents++ < impl_->limit / kEventShare / kEventBytes)
    impl_->events.push_back(std::move(*kept));
}

void RunRecorder::onProfile(const ProfileRecord& record) {
  const double now =
      std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  const std::lock_guard guard(impl_->mutex);
  if (now - impl_->lastProfileSeconds < impl_->profileInterval) return;
  impl_->lastProfileSeconds = now;
  // The interval grows: a run of one hour records about 1000.
  if (++impl_->keptProfiles % kProfilesPerInterval == 0) impl_->profileInterval *= 2;
  impl_->profiles.push_back(record);
}

void RunRecorder::onReading(const ReadingRecord& record) {
  const bool kept = impl_->readingThinning.keeps(++impl_->readingsSeen);
  if (!kept) return;
  impl_->readingThinning.countKept();
  const std::lock_guard guard(impl_->mutex);
  impl_->readings.push_back(record);
}

Status RunRecorder::finish(const TrainResult& result) {
  {
    const std::lock_guard guard(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_all();
  if (impl_->writer.joinable()) impl_->writer.join();
  const RunState ended = result.state == TrainState::Finished ? RunState::Finished
                         : result.state == TrainState::Failed ? RunState::Failed
                                                              : RunState::Stopped;
  const std::string state(nameOf(ended));
  logInfo(fmt::format("run {} {}: {} steps, {} epochs, {:.1f} s, {:.0f} samples/s", impl_->id, state,
                      result.steps, result.epochs, result.seconds, result.samplesPerSecond));
  if (std::string text = problem(); !text.empty())
    return Error{ErrorCode::Io, "the run could not be recorded completely: " + text, {}, {}};

  const auto write = [&]() -> Status {
    TANDEM_ASSIGN(auto update, impl_->database.prepare(
                                   "UPDATE runs SET state=?, error=?, steps=?, epochs=?, seconds=?,"
                                   " samples_per_second=?, test_metric=?, metric_name=?, weights=?, joules=?,"
                                   " best_epoch=?, best_metric=?, best_value=? WHERE id=?"));
    update.bind(state).bind(result.error ? result.error->text() : "");
    update.bind(result.steps)
        .bind(std::int64_t{result.epochs})
        .bind(result.seconds)
        .bind(result.samplesPerSecond);
    const ReportSlot* metric = metricSlot(result.slots);
    if (metric && result.hasTest)
      update.bind(static_cast<double>(result.test[static_cast<std::size_t>(metric->slot)]));
    else
      update.bindNull();
    update.bind(metric ? metric->name : "");
    // Stored relative to the run's folder if it is inside, so that the runs folder can be moved.
    const bool inside = result.weights.parent_path() == impl_->folder;
    update.bind(inside ? result.weights.filename().string() : result.weights.string());
    result.energy ? update.bind(result.energy->joules) : update.bindNull();
    update.bind(std::int64_t{result.best.epoch}).bind(result.best.metric).bind(result.best.value);
    TANDEM_TRY(update.bind(impl_->id).run());
    return writeMatrices(impl_->database, impl_->id, 0, result.testMatrices);
  };
  Status status = write();
  if (!status.ok()) impl_->setProblem(status.error().text());
  return status;
}

}  // namespace tandem
