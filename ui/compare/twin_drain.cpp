// The timer's work during a twin run: it moves the reports of the sides into the view model and detects the
// end.
#include <algorithm>
#include <cmath>

#include "ui/compare/twin_controller.h"
#include "ui/models/format.h"

namespace tandem::ui {
namespace {

constexpr qint64 kDrainBudgetNs = 8'000'000;  // of the GUI thread, at each tick
constexpr int kTimesMs = 300;                 // interval of updates, slow enough to read the figures
constexpr std::size_t kTimed = 4000;          // number of last steps in the figures during the run
constexpr std::size_t kProfiles = 50;

SideState stateOf(TrainState state) {
  switch (state) {
    case TrainState::Preparing:
    case TrainState::Running:
      return SideState::Running;
    case TrainState::Evaluating:
      return SideState::Evaluating;
    case TrainState::Paused:
      return SideState::Paused;
    case TrainState::Finished:
      return SideState::Finished;
    case TrainState::Stopped:
      return SideState::Stopped;
    case TrainState::Failed:
      return SideState::Failed;
  }
  return SideState::Failed;
}

template <class T>
void keepLast(std::vector<T>& list, std::size_t most) {
  if (list.size() > 2 * most) list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(most));
}

}  // namespace

void TwinController::drain() {
  if (phase_ == Phase::Loading || phase_ == Phase::Opening) {
    if (phase_ == Phase::Loading && job_->loaded) setPhase(Phase::Opening);
    const double share = job_->progress;
    if (std::abs(share - progress_) < 0.01) return;
    progress_ = share;
    Q_EMIT progressed();
    return;
  }
  if (phase_ != Phase::Running) return;
  // Checked first, so that all reports from before the end are drained below.
  const bool over = lockStep_ ? lockStep_->finished() : race_->finished();
  const bool changed = lockStep_ ? drainLockStep() : drainRace(over);
  if (over || sinceTimes_.elapsed() >= kTimesMs) updateTimes();
  if (changed) Q_EMIT advanced();
  if (over) beginEnding();
}

bool TwinController::drainLockStep() {
  const std::vector<LockStepRecord> steps = lockStep_->takeSteps();
  for (const LockStepRecord& step : steps)
    for (std::size_t k = 0; k < step.sides.size(); ++k) {
      const LockStepSide& side = step.sides[k];
      Track& track = tracks_[k];
      if (side.seconds <= 0) {
        viewModel_->sides[k].state = SideState::Failed;
        continue;
      }
      track.seconds.push_back(side.seconds);
      track.total += side.seconds;
      viewModel_->append(k, step.step, track.total, side.loss);
    }
  std::vector<ParityRecord> comparisons = lockStep_->takeParity();
  std::vector<TwinCause> causes = lockStep_->takeCauses();
  const bool found = !comparisons.empty() || !causes.empty();
  for (ParityRecord& comparison : comparisons) {
    for (std::size_t k = 0; k < comparison.profiles.size(); ++k)
      if (!comparison.profiles[k].layers.empty()) tracks_[k].profiles.push_back(comparison.profiles[k]);
    viewModel_->record.parity.push_back(std::move(comparison));
  }
  for (TwinCause& cause : causes) viewModel_->record.causes.push_back(std::move(cause));
  progress_ = static_cast<double>(lockStep_->stepsDone()) / static_cast<double>(tracks_[0].wanted);
  if (found) Q_EMIT compared();
  return found || !steps.empty();
}

bool TwinController::drainRace(bool all) {
  QElapsedTimer clock;
  clock.start();
  bool changed = false;
  const std::vector<std::string> errors = race_->errors();
  double done = 0;
  for (std::size_t k = 0; k < viewModel_->sides.size(); ++k) {
    changed |= drainSide(k, all, clock);
    if (!errors[k].empty() && viewModel_->record.sides[k].error.empty()) {
      viewModel_->record.sides[k].error = errors[k];
      viewModel_->sides[k].state = SideState::Failed;
      changed = true;
    }
    done += std::min(1.0,
                     static_cast<double>(viewModel_->sides[k].step) / static_cast<double>(tracks_[k].wanted));
  }
  progress_ = done / static_cast<double>(viewModel_->sides.size());
  return changed;
}

bool TwinController::drainSide(std::size_t k, bool all, const QElapsedTimer& clock) {
  Telemetry* telemetry = race_->telemetry(k);
  if (telemetry == nullptr) return false;
  Track& track = tracks_[k];
  SideViewModel& side = viewModel_->sides[k];
  bool changed = false;
  for (const TrainEvent& event : telemetry->takeEvents()) {
    const auto* to = std::get_if<StateChange>(&event.what);
    if (to == nullptr) continue;
    side.state = stateOf(to->state);
    changed = true;
  }
  if (!track.lossSlot) {
    const std::vector<ReportSlot> slots = telemetry->slots();
    const ReportSlot* const loss = lossSlot(slots);
    if (!loss) return changed;
    track.lossSlot = static_cast<std::size_t>(loss->slot);
  }
  StepRecord step;
  for (int n = 1; telemetry->nextStep(step); ++n) {
    // As in sideRecord(): the time between epochs includes the evaluation and the checkpoint.
    if (track.lastWall >= 0 && step.step == side.step + 1 && step.epoch == track.epoch)
      track.seconds.push_back(step.wallSeconds - track.lastWall);
    track.lastWall = step.wallSeconds;
    track.epoch = step.epoch;
    track.waits.push_back(static_cast<double>(step.dataWaitSeconds));
    const auto loss = static_cast<double>(step.values[*track.lossSlot]);
    viewModel_->append(k, step.step, step.wallSeconds, loss);
    track.unpriced.push_back({step.wallSeconds, loss});
    changed = true;
    if (!all && n % 64 == 0 && clock.nsecsElapsed() > kDrainBudgetNs) break;
  }
  if (const auto profile = telemetry->takeProfile()) {
    track.profiles.push_back(*profile);
    changed = true;
  }
  for (const ReadingRecord& reading : telemetry->takeReadings()) track.energy.add(reading);
  drainEnergy(k);
  return changed;
}

// Appends the steps up to the last reading to the curves over energy and cost; later steps wait for the next
// reading.
void TwinController::drainEnergy(std::size_t k) {
  Track& track = tracks_[k];
  const bool reads = race_->readsEnergy(k);
  const TwinRecord& record = viewModel_->record;
  std::size_t done = 0;
  for (; done < track.unpriced.size(); ++done) {
    const auto& [seconds, loss] = track.unpriced[done];
    if (reads && (!track.energy.known() || seconds > track.energy.end())) break;
    const auto joules = reads ? std::optional(track.energy.at(seconds)) : std::nullopt;
    if (joules) viewModel_->sides[k].append(CurveAxis::Joules, *joules, loss);
    if (const auto cost = moneyOf(record.tariff, record.sides[k].pricePerHour, seconds, joules))
      viewModel_->sides[k].append(CurveAxis::Money, cost->amount, loss);
  }
  track.unpriced.erase(track.unpriced.begin(), track.unpriced.begin() + static_cast<std::ptrdiff_t>(done));
}

void TwinController::updateTimes() {
  sinceTimes_.start();
  for (std::size_t k = 0; k < tracks_.size(); ++k) {
    Track& track = tracks_[k];
    keepLast(track.seconds, kTimed);
    keepLast(track.waits, kTimed);
    keepLast(track.profiles, kProfiles);
    TwinSideRecord& side = viewModel_->record.sides[k];
    side.timing = timingOf(track.seconds);
    side.dataWait = timingOf(track.waits).median;
    side.profile = medianProfile(track.profiles);
  }
  Q_EMIT timed();
}

void TwinController::beginEnding() {
  timer_.stop();
  setPhase(Phase::Ending);
  const double window = static_cast<double>(shownNs_) / static_cast<double>(sinceStart_.nsecsElapsed());
  const std::optional<double> target = viewModel_->record.targetLoss;
  pool_.start([this, lockStep = lockStep_, race = race_, store = store_, target, window] {
    auto record = std::make_shared<TwinRecord>(lockStep ? lockStep->record() : race->record());
    record->targetLoss = target;  // may have been set during the run
    record->window = window;
    auto errors = std::make_shared<std::vector<Error>>();
    if (lockStep)
      if (const auto error = lockStep->error()) errors->push_back(*error);
    QString file;
    const bool any =
        std::ranges::any_of(record->sides, [](const auto& side) { return !side.curve.steps.empty(); });
    if (any) {
      const auto written = store.save(*record);
      if (written.ok())
        file = toQString(written->string());
      else
        errors->push_back(written.error());
    }
    QMetaObject::invokeMethod(
        this, [this, record, file, errors] { finish(std::move(*record), file, *errors); },
        Qt::QueuedConnection);
  });
}

void TwinController::finish(TwinRecord record, const QString& file, const std::vector<Error>& errors) {
  viewModel_->record = std::move(record);
  viewModel_->file = file;
  viewModel_->live = false;
  for (const CurveAxis axis : {CurveAxis::Joules, CurveAxis::Money}) viewModel_->redraw(axis);
  for (std::size_t k = 0; k < viewModel_->sides.size(); ++k) {
    SideViewModel& side = viewModel_->sides[k];
    // A race with a step limit stops its sides at the limit; early stopping finishes a side before it.
    const bool complete = side.step >= tracks_[k].wanted || side.state == SideState::Finished;
    side.state = !viewModel_->record.sides[k].error.empty() ? SideState::Failed
                 : complete                                 ? SideState::Finished
                                                            : SideState::Stopped;
  }
  progress_ = 1;
  setPhase(Phase::Idle);
  if (race_) release();  // a race cannot be asked for values and causes
  Q_EMIT ended();
  for (const Error& error : errors) Q_EMIT failed(error);
}

}  // namespace tandem::ui
