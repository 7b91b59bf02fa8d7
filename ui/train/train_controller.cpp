#include "ui/train/train_controller.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/overloaded.h"
#include "core/runs/run_events.h"
#include "core/train/plan_training.h"
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

}  // namespace

TrainController::TrainController(RunStore& store, QObject* parent) : QObject(parent), store_(store) {
  timer_.setInterval(kDrainMs);
  connect(&timer_, &QTimer::timeout, this, [this] { drain(false); });
}

TrainController::~TrainController() {
  cancel_ = true;
  if (job_ != nullptr) job_->stop();
  if (worker_.joinable()) worker_.join();
  QCoreApplication::removePostedEvents(this);  // they may own a job that refers to the members below
  // If the window closed without waiting for the end of the run, the job writes it, and an Error can no longer be shown.
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

void TrainController::start(const std::shared_ptr<const Project>& project,
                            std::optional<std::filesystem::path> resume, StartMode mode) {
  if (busy()) return;
  request_ = {};
  request_.project = *project;
  request_.resume = std::move(resume);
  request_.lookup = lookup_;
  checkpoint_ = request_.resume.value_or(std::filesystem::path());
  mode_ = mode;
  status_ = {};
  status_.epochs = project->training.epochs;
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
  inBackground([this, request = request_] {
    const LoadProgress progress = [this](double share) {
      loadProgress_ = share;
      return !cancel_;
    };
    auto data = std::make_shared<Result<RunData>>(loadRun(request, progress));
    QMetaObject::invokeMethod(
        this, [this, data] { loaded(*data); }, Qt::QueuedConnection);
  });
}

void TrainController::loaded(const Result<RunData>& data) {
  if (cancel_) {
    toIdle();
    return;
  }
  if (!data.ok()) {
    toIdle();
    Q_EMIT failed(data.error());
    return;
  }
  for (const std::string& text : data->data->info.notes) Q_EMIT noted(toQString(text));
  status_.progress = 0;
  setPhase(Phase::Compiling);
  const auto rows = static_cast<std::int64_t>(data->data->part(SplitPart::Train).size());
  status_.totalSteps = lengthOf(request_.project.training, rows).steps();
  inBackground([this, request = request_, data = *data]() mutable {
    prepared_ = std::make_shared<Prepared>(prepare(std::move(request), data));
    QMetaObject::invokeMethod(
        this,
        [this] {
          const auto result = std::exchange(prepared_, nullptr);
          prepared(*result);
        },
        Qt::QueuedConnection);
  });
}

// Runs on the worker thread.
TrainController::Prepared TrainController::prepare(RunRequest request, const RunData& data) const {
  if (request.resume)
    if (const auto note = resumeNote(*request.resume, request.project, data.data, request.lookup))
      request.notes.push_back(note->text);
  Prepared result{RunJob::prepare(request, data, &store_, [this] { return cancel_.load(); }), {}};
  if (!cancel_ && !result.job.ok() && result.job.error().code == ErrorCode::OutOfMemory)
    result.remedies = memoryRemedies(request, data);
  return result;
}

void TrainController::prepared(Prepared& result) {
  if (!result.job.ok() || cancel_) {
    const std::optional<Error> error = cancel_ ? std::nullopt : std::optional(result.job.error());
    if (result.job.ok())
      result.job->reset();  // before the end of the run is reported, so that it is not listed
    toIdle();
    if (error && error->code == ErrorCode::OutOfMemory)
      Q_EMIT outOfMemory(*error, result.remedies.batch, result.remedies.cpu);
    else if (error)
      Q_EMIT failed(*error);
    return;
  }
  job_ = std::move(*result.job);
  series_ = std::make_shared<RunSeries>();
  series_->id = job_->id();
  if (const auto info = store_.info(series_->id); info.ok()) series_->name = toQString(info->name);
  if (series_->name.isEmpty()) series_->name = tr("Run %1").arg(series_->id);
  series_->start(job_->plan().report, job_->plan().matrices);
  series_->setMemory(job_->plan().forecast);
  series_->setSensorGaps(job_->sensorGaps());
  series_->setLimitation(job_->limitation());
  learningRate_ = job_->startLearningRate();
  if (mode_ == StartMode::OneStep) job_->step();  // queued until the trainer starts
  job_->start();
  status_.state = TrainState::Running;
  setPhase(Phase::Training);
  Q_EMIT runStarted(series_->id);
}

void TrainController::pause() {
  if (training()) job_->pause();
}

void TrainController::resume() {
  if (training()) job_->resume();
}

void TrainController::step() {
  if (training()) job_->step();
}

void TrainController::stop() {
  cancel_ = true;
  if (training()) job_->stop();
  Q_EMIT statusChanged();
}

void TrainController::setLearningRate(double rate) {
  if (!training() || rate == learningRate_) return;
  learningRate_ = rate;
  job_->setLearningRate(rate);
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
  if (job_ == nullptr) return;
  Telemetry& telemetry = job_->telemetry();
  QElapsedTimer clock;
  clock.start();
  bool changed = false;
  // Events come first, so that a terminal state is known before the last steps, which ended() fetches.
  for (const TrainEvent& event : telemetry.takeEvents()) {
    handle(event);
    changed = true;
  }
  StepRecord record;
  for (int n = 1; telemetry.nextStep(record); ++n) {
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
  for (const ReadingRecord& reading : telemetry.takeReadings()) {
    series_->appendReading(reading);
    changed = true;
  }
  if (const auto profile = telemetry.takeProfile()) {
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
  std::visit(Overloaded{
                 [](const auto&) {},  // part of the TrainResult
                 [this](const StateChange& to) {
                   status_.state = to.state;
                   if (isTerminal(to.state)) terminal_ = true;
                   Q_EMIT statusChanged();
                 },
                 [this](const EpochEnd& end) { series_->appendEpoch(end.record); },
                 [this](const Note& note) { Q_EMIT noted(toQString(note.text)); },
                 [this](const RateChange& to) { Q_EMIT learningRateChanged(toQString(to.text)); },
                 [this](const TestResult& test) { series_->appendTest(test.epoch, test.matrices); },
             },
             event.what);
}

void TrainController::beginEnding() {
  setPhase(Phase::Ending);
  inBackground([this] {
    const RunOutcome outcome = job_->finish();
    QMetaObject::invokeMethod(
        this, [this, outcome] { ended(outcome); }, Qt::QueuedConnection);
  });
}

void TrainController::ended(const RunOutcome& outcome) {
  const TrainResult& result = outcome.result;
  drain(true);
  lastResult_ = result;
  lastResult_->unsaved.reset();
  if (!result.weights.empty()) checkpoint_ = result.weights;
  if (result.unsaved) {
    unsaved_ = result.unsaved;
    unsavedRun_ = runId();
  }
  job_.reset();
  if (result.samplesPerSecond > 0) status_.samplesPerSecond = result.samplesPerSecond;
  status_.secondsLeft = -1;
  status_.state = result.state;
  Q_EMIT curvesChanged();
  toIdle();
  if (result.error && result.unsaved)
    Q_EMIT weightsUnsaved(*result.error);
  else if (result.error)
    Q_EMIT failed(*result.error);
  if (outcome.recordError) Q_EMIT failed(*outcome.recordError);
}

Status TrainController::settleUnsaved(const std::filesystem::path& file) {
  unsaved_.reset();
  if (file.empty()) return success();
  if (runId() == unsavedRun_) checkpoint_ = file;
  return store_.setWeights(unsavedRun_, file);
}

void TrainController::toIdle() {
  timer_.stop();
  request_ = {};
  const bool ran = status_.phase == Phase::Ending;
  setPhase(Phase::Idle);
  Q_EMIT runEnded(ran ? runId() : 0);
}

}  // namespace tandem::ui
