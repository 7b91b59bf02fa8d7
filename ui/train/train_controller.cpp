#include "ui/train/train_controller.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <utility>

#include "core/compile/compile.h"
#include "core/runs/environment.h"
#include "core/runs/run_events.h"
#include "core/twin/resume_check.h"
#include "ui/models/format.h"

namespace tandem::ui {
namespace {

constexpr int kDrainMs = 33;
constexpr qint64 kDrainBudgetNs = 8'000'000;  // of the GUI thread, every kDrainMs
constexpr int kStatusMs = 150;                // faster updates of the status bar are unreadable
constexpr double kRateWindow = 1.0;           // seconds
constexpr double kFirstRate = 0.25;           // the first rate is shown earlier

bool isTerminal(TrainState state) {
  return state == TrainState::Finished || state == TrainState::Stopped || state == TrainState::Failed;
}

// Whether a run that exceeds the memory of its device would fit on the CPU.
bool fitsCpu(const TrainerSetup& setup, const BackendLookup& lookup) {
  TrainingConfig training = setup.project.training;
  if (training.device.device == DeviceOptions().device) return false;
  training.device = {};
  const auto cpu = lookup(training.device.device);
  if (!cpu.ok()) return false;
  const auto plan = compile(setup.project.network, training, setup.data->info, **cpu);
  return plan.ok() && checkFits(**plan, **cpu).ok();
}

}  // namespace

TrainController::TrainController(RunStore& store, QObject* parent) : QObject(parent), store_(store) {
  timer_.setInterval(kDrainMs);
  connect(&timer_, &QTimer::timeout, this, [this] { drain(false); });
}

TrainController::~TrainController() {
  cancel_ = true;
  if (trainer_ != nullptr) trainer_->stop();
  if (worker_.joinable()) worker_.join();
  QCoreApplication::removePostedEvents(this);  // they may own a trainer that refers to the members below
  // The window closed without waiting for the end of the run, so an Error can no longer be shown.
  if (status_.phase == Phase::Training) {
    const auto finished = recorder_->finish(trainer_->join());
    static_cast<void>(finished);
  } else if (created_ != nullptr) {
    const auto removed = discard(*created_, store_);
    static_cast<void>(removed);
  }
}

template <class Work>
void TrainController::inBackground(Work work) {
  if (worker_.joinable()) worker_.join();  // it has already posted its result, so this does not wait
  worker_ = std::thread(std::move(work));
}

void TrainController::setPhase(Phase phase) {
  status_.phase = phase;
  Q_EMIT statusChanged();
}

void TrainController::start(std::shared_ptr<const Project> project,
                            std::optional<std::filesystem::path> resume, StartMode mode) {
  if (busy()) return;
  project_ = std::move(project);
  resume_ = std::move(resume);
  checkpoint_ = resume_.value_or(std::filesystem::path());
  mode_ = mode;
  status_ = {};
  status_.epochs = project_->training.epochs;
  rows_ = windowRows_ = windowStart_ = firstSeconds_ = seconds_ = 0;
  firstStep_ = -1;
  terminal_ = false;
  cancel_ = false;
  loadProgress_ = 0;
  timer_.start();
  setPhase(Phase::Loading);
  load();
}

void TrainController::load() {
  inBackground([this, project = project_, lookup = lookup_] {
    const auto prepare = [&]() -> Result<Prepared> {
      Prepared prepared;
      TANDEM_ASSIGN(prepared.backend, lookup(project->training.device.device));
      const LoadProgress progress = [this](double share) {
        loadProgress_ = share;
        return !cancel_;
      };
      TANDEM_ASSIGN(prepared.data, loadDataset(trainingData(*project), progress));
      const std::vector<Problem> problems =
          checkAgainstData(project->network, project->training, prepared.data->info);
      if (!problems.empty()) return problems.front().error;
      return prepared;
    };
    auto result = std::make_shared<Result<Prepared>>(prepare());
    QMetaObject::invokeMethod(
        this, [this, result] { loaded(std::move(*result)); }, Qt::QueuedConnection);
  });
}

void TrainController::loaded(Result<Prepared> prepared) {
  if (cancel_) {
    toIdle();
    return;
  }
  if (!prepared.ok()) {
    toIdle();
    Q_EMIT failed(prepared.error());
    return;
  }
  prepared_ = std::move(prepared).value();
  for (const std::string& text : prepared_.data->info.notes) Q_EMIT noted(toQString(text));
  telemetry_ = std::make_unique<Telemetry>();
  status_.progress = 0;
  setPhase(Phase::Compiling);

  TrainerSetup setup;
  setup.project = *project_;
  setup.data = prepared_.data;
  setup.backend = prepared_.backend;
  setup.resume = resume_;
  setup.observers = {telemetry_.get()};
  const auto rows = static_cast<std::int64_t>(prepared_.data->part(SplitPart::Train).size());
  const std::int64_t batches =
      std::max<std::int64_t>(1, rows / std::max<std::int64_t>(1, project_->training.batch));
  status_.totalSteps = batches * project_->training.epochs;
  setup.cancelled = [this] { return cancel_.load(); };
  inBackground([this, setup = std::move(setup), lookup = lookup_]() mutable {
    created_ = std::make_shared<Created>(create(std::move(setup), lookup, store_));
    QMetaObject::invokeMethod(
        this,
        [this] {
          const auto result = std::exchange(created_, nullptr);
          created(*result);
        },
        Qt::QueuedConnection);
  });
}

// Runs on the worker thread.
TrainController::Created TrainController::create(TrainerSetup setup, const BackendLookup& lookup,
                                                 RunStore& store) {
  if (setup.resume) {
    if (const auto note = resumeNote(*setup.resume, setup.project, setup.data, lookup))
      setup.notes.push_back(note->text);
  }
  std::unique_ptr<RunRecorder> recorder;
  // Only a run that nothing prevents is recorded.
  setup.begin = [&](TrainerSetup& accepted) -> Status {
    TANDEM_ASSIGN(recorder, store.begin(accepted.project,
                                        deviceText(accepted.project.training.device, *accepted.backend),
                                        accepted.dataFingerprint, preprocessingOf(*accepted.data)));
    accepted.folder = recorder->folder();
    accepted.observers.push_back(recorder.get());
    return success();
  };
  auto trainer = Trainer::create(setup);
  Created result{std::move(recorder), std::move(trainer)};
  if (setup.cancelled && setup.cancelled()) return result;
  if (result.trainer.ok() || result.trainer.error().code != ErrorCode::OutOfMemory) return result;
  TrainingConfig training = setup.project.training;
  const auto samples = static_cast<std::int64_t>(setup.data->part(SplitPart::Train).size());
  training.batch = std::min(training.batch, samples);
  if (!setup.resume)
    result.fittingBatch =
        largestFittingBatch(setup.project.network, training, setup.data->info, *setup.backend);
  result.fitsCpu = fitsCpu(setup, lookup);
  return result;
}

Status TrainController::discard(Created& result, RunStore& store) {
  if (result.trainer.ok()) result.trainer.value().reset();
  if (result.recorder == nullptr) return success();
  const std::int64_t id = result.recorder->id();
  result.recorder.reset();
  return store.discard(id);
}

void TrainController::created(Created& result) {
  Result<std::unique_ptr<Trainer>>& trainer = result.trainer;
  if (!trainer.ok() || cancel_) {
    const Status removed = discard(result, store_);
    telemetry_.reset();
    const bool cancelled = cancel_;
    toIdle();
    if (!cancelled && trainer.error().code == ErrorCode::OutOfMemory)
      Q_EMIT outOfMemory(trainer.error(), result.fittingBatch, result.fitsCpu);
    else if (!cancelled)
      Q_EMIT failed(trainer.error());
    if (!removed.ok()) Q_EMIT failed(removed.error());
    return;
  }
  recorder_ = std::move(result.recorder);
  trainer_ = std::move(trainer).value();
  series_ = std::make_shared<RunSeries>();
  series_->id = recorder_->id();
  if (const auto info = store_.info(series_->id); info.ok()) series_->name = toQString(info->name);
  if (series_->name.isEmpty()) series_->name = tr("Run %1").arg(series_->id);
  series_->start(trainer_->plan().report);
  series_->setMemory(trainer_->plan().forecast);
  series_->setSensorGaps(trainer_->sensorGaps());
  learningRate_ = trainer_->startLearningRate();
  if (mode_ == StartMode::OneStep) trainer_->step();  // queued until the trainer starts
  trainer_->start();
  status_.state = TrainState::Running;
  setPhase(Phase::Training);
  Q_EMIT runStarted(series_->id);
}

void TrainController::pause() {
  if (training()) trainer_->pause();
}

void TrainController::resume() {
  if (training()) trainer_->resume();
}

void TrainController::step() {
  if (training()) trainer_->step();
}

void TrainController::stop() {
  cancel_ = true;
  if (training()) trainer_->stop();
  Q_EMIT statusChanged();
}

void TrainController::setLearningRate(double rate) {
  if (!training() || rate == learningRate_) return;
  learningRate_ = rate;
  trainer_->setLearningRate(rate);
}

void TrainController::drain(bool all) {
  if (status_.phase == Phase::Loading) {
    const double progress = loadProgress_;
    if (std::abs(progress - status_.progress) >= 0.01) {
      status_.progress = progress;
      Q_EMIT statusChanged();
    }
    return;
  }
  if (telemetry_ == nullptr || series_ == nullptr || status_.phase == Phase::Compiling) return;
  QElapsedTimer clock;
  clock.start();
  bool changed = false;
  // Events come first, so that a terminal state is known before the last steps, which ended() fetches.
  for (const TrainEvent& event : telemetry_->takeEvents()) {
    handle(event);
    changed = true;
  }
  StepRecord record;
  for (int n = 1; telemetry_->nextStep(record); ++n) {
    series_->appendStep(record);
    rows_ += record.rows;
    if (firstStep_ < 0) {
      firstStep_ = record.step;
      firstSeconds_ = windowStart_ = record.wallSeconds;  // a resumed run has trained before
      windowRows_ = rows_;
    }
    status_.step = record.step;
    status_.epoch = record.epoch;
    seconds_ = record.wallSeconds;
    changed = true;
    if (!all && n % 64 == 0 && clock.nsecsElapsed() > kDrainBudgetNs) break;
  }
  for (const ReadingRecord& reading : telemetry_->takeReadings()) {
    series_->appendReading(reading);
    changed = true;
  }
  if (const auto profile = telemetry_->takeProfile()) {
    series_->appendProfile(*profile);
    changed = true;
  }
  if (!changed) return;
  if (firstStep_ >= 0) updateRates();
  Q_EMIT curvesChanged();
  if (!sinceStatus_.isValid() || sinceStatus_.elapsed() >= kStatusMs) {
    sinceStatus_.start();
    Q_EMIT statusChanged();
  }
  if (terminal_ && status_.phase == Phase::Training) beginEnding();
}

void TrainController::updateRates() {
  const CurveStore& loss = series_->metrics().front().raw;
  if (!loss.empty()) status_.loss = static_cast<double>(loss.mean(loss.size() - 1));
  const double window = seconds_ - windowStart_;
  if (window >= kRateWindow || (status_.samplesPerSecond == 0 && window >= kFirstRate)) {
    status_.samplesPerSecond = (rows_ - windowRows_) / window;
    windowRows_ = rows_;
    windowStart_ = seconds_;
  }
  const auto done = static_cast<double>(status_.step - firstStep_);
  const auto total = static_cast<double>(std::max<std::int64_t>(1, status_.totalSteps));
  const double left = std::max(0.0, total - static_cast<double>(status_.step));
  if (done > 0 && seconds_ > firstSeconds_) status_.secondsLeft = (seconds_ - firstSeconds_) / done * left;
  status_.progress = std::min(1.0, static_cast<double>(status_.step) / total);
}

void TrainController::handle(const TrainEvent& event) {
  if (auto stored = runEvent(event)) series_->appendEvent(std::move(*stored));
  switch (event.kind) {
    case EventKind::State:
      status_.state = event.state;
      if (isTerminal(event.state)) terminal_ = true;
      Q_EMIT statusChanged();
      break;
    case EventKind::Epoch:
      series_->appendEpoch(event.epoch);
      break;
    case EventKind::Note:
      Q_EMIT noted(toQString(event.text));
      break;
    case EventKind::LearningRate:
      Q_EMIT learningRateChanged(toQString(event.text));
      break;
    case EventKind::Checkpoint:
    case EventKind::TestResult:
    case EventKind::Error:
      break;  // part of the TrainResult
  }
}

void TrainController::beginEnding() {
  setPhase(Phase::Ending);
  inBackground([this] {
    const TrainResult result = trainer_->join();
    const Status finished = recorder_->finish(result);
    const std::optional<Error> error = finished.ok() ? std::nullopt : std::optional<Error>(finished.error());
    QMetaObject::invokeMethod(
        this, [this, result, error] { ended(result, error); }, Qt::QueuedConnection);
  });
}

void TrainController::ended(const TrainResult& result, const std::optional<Error>& recordError) {
  drain(true);
  lastResult_ = result;
  lastResult_->unsaved.reset();
  if (!result.weights.empty()) checkpoint_ = result.weights;
  if (result.unsaved) {
    unsaved_ = result.unsaved;
    unsavedRun_ = runId();
  }
  trainer_.reset();
  recorder_.reset();
  telemetry_.reset();
  if (result.samplesPerSecond > 0) status_.samplesPerSecond = result.samplesPerSecond;
  status_.secondsLeft = -1;
  status_.state = result.state;
  Q_EMIT curvesChanged();
  toIdle();
  if (result.error && result.unsaved)
    Q_EMIT weightsUnsaved(*result.error);
  else if (result.error)
    Q_EMIT failed(*result.error);
  if (recordError) Q_EMIT failed(*recordError);
}

Status TrainController::settleUnsaved(const std::filesystem::path& file) {
  unsaved_.reset();
  if (file.empty()) return success();
  if (runId() == unsavedRun_) checkpoint_ = file;
  return store_.setWeights(unsavedRun_, file);
}

void TrainController::toIdle() {
  timer_.stop();
  prepared_ = {};
  project_.reset();
  const bool ran = status_.phase == Phase::Ending;
  setPhase(Phase::Idle);
  Q_EMIT runEnded(ran ? runId() : 0);
}

}  // namespace tandem::ui
