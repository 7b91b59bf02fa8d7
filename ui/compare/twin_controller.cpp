#include "ui/compare/twin_controller.h"

#include <QCoreApplication>
#include <algorithm>
#include <functional>

#include "core/train/plan_training.h"

namespace tandem::ui {
namespace {

constexpr int kDrainMs = 33;
constexpr int kHistogramBins = 60;

}  // namespace

TwinController::TwinController(RunStore& runs, TwinStore store, QObject* parent)
    : QObject(parent), runs_(runs), store_(std::move(store)) {
  writer_.setMaxThreadCount(1);
  timer_.setInterval(kDrainMs);
  connect(&timer_, &QTimer::timeout, this, [this] {
    QElapsedTimer clock;
    clock.start();
    drain();
    shownNs_ += clock.nsecsElapsed();
  });
}

TwinController::~TwinController() {
  if (job_) job_->cancelled = true;
  if (lockStep_) lockStep_->stop();
  if (race_) race_->stop();
  pool_.waitForDone();
  writer_.waitForDone();
  QCoreApplication::removePostedEvents(this);
}

void TwinController::setPhase(Phase phase) {
  phase_ = phase;
  Q_EMIT phaseChanged();
}

void TwinController::start(TwinRequest request) {
  if (busy()) return;
  release();
  request_ = std::move(request);
  job_ = std::make_shared<Job>();
  progress_ = 0;
  paused_ = false;
  timer_.start();
  setPhase(Phase::Loading);
  pool_.start([this, job = job_, request = request_, lookup = lookup_] {
    const auto openSides = [&]() -> Result<Opened> {
      const Project& project = *request.project;
      const LoadProgress progress = [&](double share) {
        job->progress = share;
        return !job->cancelled;
      };
      TANDEM_ASSIGN(auto data, loadChecked(project, progress));
      job->trainRows = static_cast<std::int64_t>(data->part(SplitPart::Train).size());
      job->loaded = true;
      if (request.lockStep) {
        TANDEM_ASSIGN(auto lockStep, LockStep::open(project, std::move(data), request.sides, lookup));
        return Opened(std::make_shared<LockStepRun>(project, std::move(lockStep), request.lockStepOptions));
      }
      TANDEM_ASSIGN(auto race,
                    Race::create(project, data, request.sides, runs_, request.raceOptions, lookup));
      return Opened(std::make_shared<RaceRun>(std::move(race)));
    };
    auto result = std::make_shared<Result<Opened>>(openSides());
    if (job->cancelled) return;  // destroys the result here, not on the GUI thread
    QMetaObject::invokeMethod(
        this,
        [this, job, result] {
          if (job == job_ && !job->cancelled) openedSides(request_, std::move(*result));
        },
        Qt::QueuedConnection);
  });
}

void TwinController::cancel() {
  if (phase_ != Phase::Loading && phase_ != Phase::Opening) return;
  job_->cancelled = true;
  job_.reset();
  timer_.stop();
  setPhase(Phase::Idle);
}

void TwinController::openedSides(const TwinRequest& request, Result<Opened> opened) {
  const std::int64_t rows = std::exchange(job_, nullptr)->trainRows;
  if (!opened.ok()) {
    timer_.stop();
    setPhase(Phase::Idle);
    Q_EMIT refused(opened.error());
    return;
  }
  viewModel_ = std::make_shared<TwinViewModel>();
  viewModel_->live = true;
  TwinRecord& record = viewModel_->record;
  record.name = request.project->name;
  record.mode = request.lockStep ? TwinMode::LockStep : TwinMode::Race;
  record.seed = request.project->training.seed;
  record.batch = request.project->training.batch;
  record.samples = rows;
  record.tariff = request.raceOptions.tariff;
  viewModel_->sides.resize(request.sides.size());
  tracks_.assign(request.sides.size(), {});
  for (const SideSpec& spec : request.sides) {
    TwinSideRecord& side = record.sides.emplace_back();
    side.label = spec.label;
    side.device = spec.device.device;
    if (const std::size_t k = record.sides.size() - 1; k < request.raceOptions.pricesPerHour.size())
      side.pricePerHour = request.raceOptions.pricesPerHour[k];
    side.batch = spec.batch.value_or(record.batch);
    TrainingConfig training = request.project->training;
    training.batch = side.batch;
    const std::int64_t epochs = lengthOf(training, rows).steps();
    const std::int64_t limit = request.lockStep ? request.lockStepOptions.steps : request.raceOptions.steps;
    tracks_[record.sides.size() - 1].wanted = limit <= 0         ? epochs
                                              : request.lockStep ? limit
                                                                 : std::min(limit, epochs);
  }
  if (request.lockStep) {
    lockStep_ = std::get<std::shared_ptr<LockStepRun>>(std::move(*opened));
    for (SideViewModel& side : viewModel_->sides) side.state = SideState::Running;
  } else {
    race_ = std::get<std::shared_ptr<RaceRun>>(std::move(*opened));
    for (std::size_t k = 0; k < record.sides.size(); ++k) record.sides[k].run = race_->run(k);
  }
  progress_ = 0;
  sinceTimes_.start();
  sinceStart_.start();
  shownNs_ = 0;
  setPhase(Phase::Running);
  Q_EMIT started();
  if (lockStep_) lockStep_->start();
  if (race_) race_->start();
}

void TwinController::pause() {
  if (!running()) return;
  paused_ = true;
  if (lockStep_) lockStep_->pause();
  if (race_) race_->pause();
  if (lockStep_)
    for (SideViewModel& side : viewModel_->sides)
      if (side.state == SideState::Running) side.state = SideState::Paused;
  Q_EMIT phaseChanged();
  Q_EMIT advanced();
}

void TwinController::resume() {
  if (!running()) return;
  paused_ = false;
  if (lockStep_ && !asking_) lockStep_->resume();
  if (race_) race_->resume();
  if (lockStep_)
    for (SideViewModel& side : viewModel_->sides)
      if (side.state == SideState::Paused) side.state = SideState::Running;
  Q_EMIT phaseChanged();
  Q_EMIT advanced();
}

void TwinController::stop() {
  cancel();
  if (!running()) return;
  if (lockStep_) lockStep_->stop();
  if (race_) race_->stop();
}

void TwinController::open(const QString& file) {
  if (busy()) return;
  pool_.start([this, file] {
    auto record = std::make_shared<Result<TwinRecord>>(loadTwin(file.toStdString()));
    QMetaObject::invokeMethod(
        this,
        [this, record, file] {
          if (busy()) return;  // a twin run was started in the meantime
          if (!record->ok()) {
            Q_EMIT failed(record->error());
            return;
          }
          release();
          viewModel_ = TwinViewModel::ofRecord(std::move(**record), file);
          Q_EMIT opened();
        },
        Qt::QueuedConnection);
  });
}

void TwinController::setPrices(const Prices& prices) {
  if (viewModel_ == nullptr || viewModel_->live) return;
  prices.apply(viewModel_->record);
  viewModel_->redraw(CurveAxis::Money);
  updateSavedRecord();
  Q_EMIT advanced();
  Q_EMIT timed();
}

void TwinController::setTarget(std::optional<double> loss) {
  if (viewModel_ == nullptr) return;
  viewModel_->record.targetLoss = loss;
  if (!viewModel_->live) updateSavedRecord();
  Q_EMIT timed();
}

void TwinController::updateSavedRecord() {
  const std::filesystem::path file = viewModel_->file.toStdString();
  if (file.empty() || file.parent_path() != store_.folder()) return;
  writer_.start([this, file, record = viewModel_->record] {
    const Status saved = saveTwin(record, file);
    if (saved.ok()) return;
    QMetaObject::invokeMethod(
        this, [this, error = saved.error()] { Q_EMIT failed(error); }, Qt::QueuedConnection);
  });
}

void TwinController::release() {
  if (busy() || (!lockStep_ && !race_)) return;
  // Joining their threads and freeing their memory takes time, so it is done on a worker thread.
  pool_.start([lockStep = std::exchange(lockStep_, nullptr), race = std::exchange(race_, nullptr)]() mutable {
    lockStep.reset();
    race.reset();
  });
}

template <class Ask>
void TwinController::ask(const SideParity& parity, Ask question) {
  if (!canAsk()) return;
  asking_ = true;
  Q_EMIT phaseChanged();
  if (running()) lockStep_->pause();  // otherwise, the steps would hardly ever release the sides
  pool_.start([this, run = lockStep_, parity, question] {
    std::function<void()> report = question(*run, parity);
    QMetaObject::invokeMethod(
        this,
        [this, run, report = std::move(report)] {
          asking_ = false;
          if (running() && !paused_) run->resume();
          Q_EMIT phaseChanged();
          report();
        },
        Qt::QueuedConnection);
  });
}

void TwinController::askCause(const SideParity& parity, std::size_t tensor) {
  ask(parity, [this, tensor](LockStepRun& run, const SideParity& of) -> std::function<void()> {
    auto cause = std::make_shared<Result<Cause>>(run.explain(of, tensor));
    return [this, cause] {
      if (cause->ok())
        Q_EMIT causeFound(**cause);
      else
        Q_EMIT askFailed(cause->error());
    };
  });
}

void TwinController::askValues(const SideParity& parity, std::size_t tensor) {
  ask(parity, [this, tensor](LockStepRun& run, const SideParity& of) -> std::function<void()> {
    auto pair = run.values(of, tensor);
    if (!pair.ok()) return [this, error = pair.error()] { Q_EMIT askFailed(error); };
    auto view = std::make_shared<TensorView>();
    view->pair = std::move(*pair);
    view->summary = summaryOf(view->pair, kHistogramBins);
    return [this, view] { Q_EMIT valuesRead(view); };
  });
}

QString TwinController::whyCannotAsk() const {
  if (canAsk()) return {};
  if (asking_) return tr("The previous request is still in progress.");
  if (viewModel_ == nullptr || viewModel_->record.mode != TwinMode::LockStep)
    return tr("A race does not compare tensors. Start a lock-step run to see values and causes.");
  if (lockStep_ == nullptr)
    return tr("The sides of a saved record are not in memory. Repeat the twin run to see values and causes.");
  return tr("The twin run is ending.");
}

}  // namespace tandem::ui
