// Training from the main window: controls, status bar, plots and runs.
#include <QDockWidget>
#include <QLabel>
#include <QProgressBar>
#include <QStackedWidget>
#include <QStatusBar>
#include <algorithm>
#include <map>
#include <thread>

#include "core/text/spaced.h"
#include "ui/compare/twin_dialog.h"
#include "ui/editor/network_view.h"
#include "ui/inspector/forecast_box.h"
#include "ui/inspector/inspector_panel.h"
#include "ui/models/format.h"
#include "ui/runs/runs_panel.h"
#include "ui/train/device_picker.h"
#include "ui/train/live_plots.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/message_bar.h"
#include "ui/window/main_window.h"

namespace tandem::ui {
namespace {

constexpr int kListMs = 1500;
constexpr int kOverlayMs = 50;
constexpr int kRateMessageMs = 3000;

QString metricText(const ReportSlot& slot, float value) {
  const QString name = toQString(spacedReport(slot.name));
  if (name.contains("accuracy"))
    return QString("%1 %2%").arg(name).arg(static_cast<double>(value) * 100, 0, 'f', 2);
  return QString("%1 %2").arg(name).arg(static_cast<double>(value), 0, 'g', 4);
}

}  // namespace

void MainWindow::connectTraining() {
  listTimer_.setSingleShot(true);
  listTimer_.setInterval(kListMs);
  connect(&listTimer_, &QTimer::timeout, runs_, &RunsPanel::refresh);
  overlayTimer_.setSingleShot(true);
  overlayTimer_.setInterval(kOverlayMs);
  connect(&overlayTimer_, &QTimer::timeout, this, &MainWindow::showOverlays);
  connect(&controller_, &TrainController::statusChanged, this, [this] {
    updateStatus();
    updateActions();
    updateTitle();
    runs_->setPaused(controller_.paused());
    if (controller_.status().phase != barPhase_) {
      barPhase_ = controller_.status().phase;
      updateRunBar();
    }
    // Refreshes the list after each epoch, once the store has it, but not a thousand times a second for
    // tiny epochs.
    const std::int32_t epoch = controller_.status().epoch;
    if (controller_.training() && epoch != listedEpoch_ && !listTimer_.isActive()) {
      listedEpoch_ = epoch;
      listTimer_.start();
    }
  });
  connect(&controller_, &TrainController::runStarted, this, &MainWindow::runStarted);
  connect(&controller_, &TrainController::runEnded, this, &MainWindow::runEnded);
  connect(&controller_, &TrainController::curvesChanged, plots_, &LivePlots::liveChanged);
  connect(&controller_, &TrainController::failed, this, &MainWindow::runFailed);
  connect(&controller_, &TrainController::weightsUnsaved, this, &MainWindow::offerToSaveWeights);
  connect(&controller_, &TrainController::outOfMemory, this, &MainWindow::offerMemory);
  connect(&controller_, &TrainController::noted, this,
          [this](const QString& text) { messages_->showMessage(MessageBar::Kind::Note, text); });
  connect(&controller_, &TrainController::learningRateChanged, this, [this](const QString& rate) {
    statusBar()->showMessage(tr("The learning rate is now %1.").arg(rate), kRateMessageMs);
  });
  connect(runs_, &RunsPanel::failed, this, &MainWindow::showError);
  connect(&runs_->model(), &QAbstractItemModel::rowsRemoved, this, [this] {
    if (messages_->run() != 0 && runs_->model().rowOf(messages_->run()) < 0) messages_->hide();
  });
  connect(runs_, &RunsPanel::exportRequested, this, &MainWindow::exportRun);
  connect(runs_, &RunsPanel::evaluateRequested, this, &MainWindow::evaluateRun);
  connect(runs_, &RunsPanel::tryRequested, this, &MainWindow::tryRun);
  connect(runs_, &RunsPanel::startFromRequested, this, &MainWindow::startFromRun);
  connect(runs_, &RunsPanel::openRequested, this, &MainWindow::openRun);
  connect(runs_, &RunsPanel::resumeRequested, this, &MainWindow::resumeRun);
  connect(runs_, &RunsPanel::resumeOnRequested, this, &MainWindow::resumeRunOn);
  connect(&runs_->model(), &RunsModel::tickedChanged, this, &MainWindow::showOverlays);
  connect(plots_, &LivePlots::pictureFailed, this, [this](const QString& path) {
    showError({ErrorCode::Io, tr("the image could not be written").toStdString(), path.toStdString(),
               tr("Choose another folder").toStdString()});
  });
}

void MainWindow::setDevices(std::vector<DeviceInfo> devices) {
  setDeviceSource([devices = std::move(devices)] { return devices; });
}

void MainWindow::setDeviceSource(std::function<std::vector<DeviceInfo>()> source) {
  deviceSource_ = std::move(source);
  refreshDevices();
}

// Called often, because devices appear and disappear, and their free memory changes.
void MainWindow::refreshDevices() {
  devices_ = deviceSource_();
  devicePicker_->setDevices(devices_);
  runs_->setDevices(devices_);
}

// Keeps the precision if the device supports it natively; continuing a run in an emulated precision is
// pointless.
DeviceOptions MainWindow::onDevice(const DeviceOptions& options, const QString& device) const {
  DeviceOptions moved;
  moved.device = device.toStdString();
  moved.deterministic = options.deterministic;
  for (const DeviceInfo& info : devices_) {
    if (!isDevice(info, moved.device)) continue;
    if (isDevice(info, options.device)) return options;
    for (const PrecisionOffer& offer : info.precisions)
      if (offer.precision == options.precision && (info.threads == 0 || offer.note.empty()))
        moved.precision = offer.precision;
  }
  return moved;
}

std::optional<std::pair<QString, std::function<void()>>> MainWindow::cpuFallback() {
  const QString cpu = toQString(DeviceOptions().device);
  if (!lastProject_ || toQString(lastProject_->training.device.device) == cpu) return std::nullopt;
  if (const std::filesystem::path checkpoint = controller_.checkpoint(); !checkpoint.empty()) {
    auto project = std::make_shared<Project>(*lastProject_);
    project->training.device = onDevice(project->training.device, cpu);
    return std::pair(tr("Continue on the CPU"), [this, project, checkpoint] {
      startRun(project, checkpoint, TrainController::StartMode::Run);
    });
  }
  return std::pair(tr("Train on the CPU"), [this, cpu] {
    TrainingConfig training = document_.training();
    training.device = onDevice(training.device, cpu);
    document_.setTraining(training, tr("Change device"));
    train();
  });
}

void MainWindow::runFailed(const Error& error) {
  if (error.code == ErrorCode::DeviceLost) {
    refreshDevices();
    inspector_->forecast()->model().refresh();
  }
  const bool deviceMissing = lastProject_ && std::ranges::none_of(devices_, [&](const DeviceInfo& info) {
                               return info.usable && isDevice(info, lastProject_->training.device.device);
                             });
  const bool isDeviceError =
      error.code == ErrorCode::DeviceLost || error.code == ErrorCode::OutOfMemory ||
      (deviceMissing && (error.code == ErrorCode::NotFound || error.code == ErrorCode::Unsupported));
  const auto cpu = isDeviceError ? cpuFallback() : std::nullopt;
  if (!cpu) {
    showError(error);
    return;
  }
  messages_->showError(error, cpu->first, cpu->second);
  if (error.code != ErrorCode::DeviceLost) return;
  const qint64 run = controller_.checkpoint().empty() ? 0 : controller_.runId();
  messages_->setSecondAction(run != 0 ? tr("Restart and resume") : tr("Restart Tandem"),
                             [this, run] { closeAndRestart(run); });
}

void MainWindow::closeAndRestart(qint64 resumed) {
  // Here, because saving weights ends later, and the window would then only be closed.
  if (!busy() && !confirmUnsavedWeights([this, resumed] { closeAndRestart(resumed); })) return;
  restart_ = resumed;
  // A window that waits for the end of a run is closed later.
  if (!close() && !closeWhenStopped_) restart_.reset();
}

std::optional<QStringList> MainWindow::restart() const {
  if (!restart_) return std::nullopt;
  QStringList arguments;
  if (*restart_ != 0) arguments << "--resume" << QString::number(*restart_);
  if (!document_.filePath().isEmpty()) arguments << document_.filePath();
  return arguments;
}

void MainWindow::resumeRecorded(qint64 id) {
  const RunSummary* run = runs_->model().runAt(runs_->model().rowOf(id));
  if (run == nullptr)
    showError({ErrorCode::NotFound, tr("there is no recorded run %1").arg(id).toStdString(), {}, {}});
  else if (const QString refusal = resumeRefusal(*run); !refusal.isEmpty())
    showError({ErrorCode::InvalidInput, refusal.toStdString(), {}, {}});
  else
    resumeRun(RunSummary(*run));
}

void MainWindow::offerMemory(const Error& error, std::int64_t batch, bool onCpu) {
  const auto cpu = onCpu ? cpuFallback() : std::nullopt;
  if (batch == 0 && !cpu) {
    showError(error);
    return;
  }
  if (batch == 0) {
    messages_->showError(error, cpu->first, cpu->second);
    return;
  }
  messages_->showError(error, tr("Train with batch size %1").arg(batch), [this, batch] {
    TrainingConfig training = document_.training();
    training.batch = batch;
    document_.setTraining(training, tr("Reduce batch size"));
    train();
  });
  if (cpu) messages_->setSecondAction(cpu->first, cpu->second);
}

void MainWindow::train() {
  if (controller_.paused()) {
    controller_.resume();
    return;
  }
  if (!CommittedText::commitAll(inspector_)) {
    messages_->showMessage(MessageBar::Kind::Warning, tr("A setting in the inspector is not valid."),
                           tr("Correct it, or press Esc in it to restore the previous value."));
    return;
  }
  startRun(namedProject(), {}, TrainController::StartMode::Run);
}

// Runs are named after their project, and an unnamed project after its file.
std::shared_ptr<const Project> MainWindow::namedProject() const {
  if (!document_.project().name.empty() || document_.filePath().isEmpty()) return document_.snapshot();
  auto project = std::make_shared<Project>(document_.project());
  project->name = document_.title().toStdString();
  return project;
}

void MainWindow::pauseOrResume() {
  if (controller_.paused()) {
    controller_.resume();
  } else {
    controller_.pause();
  }
}

void MainWindow::stepOnce() {
  if (controller_.paused()) {
    controller_.step();
  } else {
    startRun(namedProject(), {}, TrainController::StartMode::OneStep);
  }
}

void MainWindow::stopTraining() {
  controller_.stop();
}

void MainWindow::startRun(const std::shared_ptr<const Project>& project,
                          std::optional<std::filesystem::path> resume, TrainController::StartMode mode) {
  if (controller_.busy()) return;
  if (twins_.busy()) {
    messages_->showMessage(
        MessageBar::Kind::Note,
        tr("A twin run is in progress; training at the same time would distort its timings."),
        tr("Stop it, or wait until it has finished."));
    return;
  }
  if (!confirmUnsavedWeights([=, this] { startRun(project, resume, mode); })) return;
  messages_->hide();
  if (twinDialog_ != nullptr) twinDialog_->close();
  // A problem that is already in the Problems list is reported without loading the data first.
  if (!resume && showProblem()) return;
  plots_->setCpuSaturated(cpuSaturated(project->training.device));
  lastProject_ = project;
  const bool shown = project->network == document_.network() && project->data == document_.data();
  trainedReplacement_ = shown ? replacements_ : -1;
  trainedPath_ = shown ? document_.filePath() : QString();
  controller_.start(project, std::move(resume), mode);
}

void MainWindow::resumeRun(const RunSummary& run) {
  auto project = projectOf(run);
  if (!project) return;
  startRun(std::make_shared<const Project>(std::move(*project)), weightsOf(run),
           TrainController::StartMode::Run);
}

void MainWindow::resumeRunOn(const RunSummary& run, const QString& device) {
  auto project = projectOf(run);
  if (!project) return;
  project->training.device = onDevice(project->training.device, device);
  startRun(std::make_shared<const Project>(std::move(*project)), weightsOf(run),
           TrainController::StartMode::Run);
}

// Whether training uses all cores, so that none is left for the window.
bool MainWindow::cpuSaturated(const DeviceOptions& device) const {
  for (const DeviceInfo& info : devices_) {
    if (isDevice(info, device.device))
      return info.threads > 0 && (device.threads <= 0 || device.threads >= info.threads);
  }
  return false;
}

void MainWindow::runStarted(qint64 id) {
  listedEpoch_ = 1;
  {
    const QSignalBlocker blocker(rateBox_);
    rateBox_->setValue(controller_.learningRate());
  }
  runs_->setLiveRun(id);
  runs_->setTrainingRun(id);
  runs_->refresh();
  plots_->setLive(controller_.series());
  // Show the curves of this run instead of the last twin run; a floating twin view hides nothing.
  if (!twinDock_->isFloating()) twinDock_->hide();
  // The forecast is for the open project on its device; a run resumed from the list may be of another one.
  if (lastProject_->network == document_.network() && lastProject_->training == document_.training())
    inspector_->forecast()->runStarted();
  else
    inspector_->forecast()->otherRunStarted();
}

void MainWindow::runEnded(qint64 id) {
  runs_->setTrainingRun(0);
  runs_->refresh();
  if (const auto series = controller_.series(); id != 0 && series)
    inspector_->forecast()->runEnded(series->typicalStepSeconds(), series->memory(),
                                     toQString(series->limitation()));
  updateActions();
  if (closeWhenStopped_) {
    if (!twins_.busy()) close();
    return;
  }
  const auto& result = controller_.lastResult();
  if (id == 0 || !result || result->state == TrainState::Failed) return;
  const QString duration = durationText(result->seconds), name = controller_.series()->name;
  const bool stopped = result->state != TrainState::Finished;
  const QString text = stopped ? tr("Training of %1 stopped after %2.").arg(name, duration)
                               : tr("Training of %1 finished in %2.").arg(name, duration);
  QString detail;
  for (const ReportSlot& slot : result->slots) {
    if (!result->hasTest || slot.trainingOnly) continue;
    detail += detail.isEmpty() ? tr("Test set: ") : ", ";
    detail += metricText(slot, result->test[static_cast<std::size_t>(slot.slot)]);
  }
  if (result->best.known()) {
    if (!detail.isEmpty()) detail += " · ";
    detail += toQString(result->best.text());
  }
  offerNext(id, stopped, text, detail);
}

void MainWindow::updateRunBar() {
  const bool work = stack_->currentWidget() == work_;
  if (twins_.busy() && !work) {
    runBar_->showMessage(MessageBar::Kind::Note, tr("A twin run is in progress."), {}, tr("Show"),
                         [this] { showTwinView(); });
    return;
  }
  if (!controller_.busy() || !lastProject_) {
    runBar_->hide();
    return;
  }
  const auto series = controller_.series();
  const QString name = controller_.training() && series ? series->name
                       : lastProject_->name.empty()     ? tr("Untitled")
                                                        : toQString(lastProject_->name);
  const bool same = lastProject_->network == document_.network() && lastProject_->data == document_.data();
  if (!same && trainedReplacement_ != replacements_)
    runBar_->showMessage(MessageBar::Kind::Warning, tr("%1 is training.").arg(name),
                         tr("It is not the project shown here."), tr("Show it"),
                         [this] { showTrainedProject(); });
  else if (!work)
    runBar_->showMessage(MessageBar::Kind::Note, tr("%1 is training.").arg(name), {}, tr("Show"),
                         [this] { showWork(); });
  else if (!same)
    runBar_->showMessage(MessageBar::Kind::Note, tr("%1 is training as it was when it started.").arg(name),
                         tr("Your edits since then apply to the next run."));
  else
    runBar_->hide();
}

void MainWindow::showTrainedProject() {
  const auto trained = lastProject_;
  if (!confirmDiscard()) return;
  const bool reopened = !trainedPath_.isEmpty() && document_.open(trainedPath_).ok() &&
                        document_.network() == trained->network && document_.data() == trained->data;
  if (!reopened) document_.setProject(*trained);
  trainedReplacement_ = replacements_;
  showWork();
}

// Reads checked runs from the store on a worker thread and holds them in memory while they are checked.
void MainWindow::showOverlays() {
  std::map<std::int64_t, std::shared_ptr<RunSeries>> overlaid;
  std::vector<LivePlots::Overlay> overlays;
  for (const auto& [id, color] : runs_->model().ticked()) {
    if (id == controller_.runId()) continue;
    const RunSummary run = *runs_->model().runAt(runs_->model().rowOf(id));
    const auto found = overlays_.find(id);
    std::shared_ptr<RunSeries>& series = overlaid[id];
    if (found != overlays_.end()) {
      series = found->second;
    } else {
      readers_.start([this, run, smoothing = plots_->smoothing()] {
        auto curves = std::make_shared<Result<RunCurves>>(store_.curves(run.id));
        std::shared_ptr<RunSeries> read;
        if (curves->ok()) {
          read = std::make_shared<RunSeries>(run, **curves);
          read->smooth(smoothing);  // on this thread, so that the window does not wait for it
        }
        QMetaObject::invokeMethod(
            this, [this, id = run.id, curves, read] { overlayRead(id, read, *curves); },
            Qt::QueuedConnection);
      });
    }
    if (series == nullptr) continue;  // still being read
    series->name = toQString(run.name);
    overlays.push_back({series, color});
  }
  overlays_ = std::move(overlaid);
  plots_->setOverlays(std::move(overlays));
}

void MainWindow::overlayRead(std::int64_t id, std::shared_ptr<RunSeries> series,
                             const Result<RunCurves>& curves) {
  const auto wanted = overlays_.find(id);
  if (wanted == overlays_.end()) return;  // unchecked in the meantime
  if (series == nullptr) {
    overlays_.erase(wanted);
    showError(curves.error());
    return;
  }
  wanted->second = std::move(series);
  overlayTimer_.start();
}

void MainWindow::updateStatus() {
  const TrainController::RunStatus& status = controller_.status();
  QString text;
  switch (status.phase) {
    case TrainController::Phase::Idle:
      text = tr("Ready");
      break;
    case TrainController::Phase::Loading:
      text = controller_.stopping() ? tr("Stopping…") : tr("Loading data…");
      break;
    case TrainController::Phase::Compiling:
      text = controller_.stopping() ? tr("Stopping…") : tr("Preparing the network…");
      break;
    case TrainController::Phase::Ending:
      text = tr("Saving the result…");
      break;
    case TrainController::Phase::Training: {
      const QString where = tr("epoch %1 of %2 · step %3 of %4")
                                .arg(std::max(1, status.epoch))
                                .arg(status.epochs)
                                .arg(locale().toString(static_cast<qlonglong>(status.step)),
                                     locale().toString(static_cast<qlonglong>(status.totalSteps)));
      if (status.state == TrainState::Paused) {
        text = tr("Paused · %1").arg(where);
      } else if (status.state == TrainState::Evaluating) {
        text = tr("Evaluating · %1").arg(where);
      } else {
        text = tr("Training · %1").arg(where);
      }
      // A run resumed on another device; the toolbar shows the project's device.
      if (const std::string& device = lastProject_->training.device.device;
          device != document_.training().device.device)
        text += tr(" · on %1").arg(toQString(device));
      text += tr(" · loss %1").arg(status.loss, 0, 'g', 4);
      break;
    }
  }
  stateLabel_->setText(text);
  QString rate;
  if (controller_.training() && status.samplesPerSecond > 0) {
    rate = tr("%1 samples/s").arg(locale().toString(status.samplesPerSecond, 'f', 0));
    if (status.secondsLeft >= 0 && status.state != TrainState::Paused) {
      rate += tr(" · %1 left").arg(durationText(status.secondsLeft));
    }
  }
  rateLabel_->setText(rate);
  progress_->setVisible(controller_.busy());
  const bool unknown = status.phase == TrainController::Phase::Compiling;
  progress_->setRange(0, unknown ? 0 : 1000);
  if (!unknown) progress_->setValue(static_cast<int>(status.progress * 1000));
}

}  // namespace tandem::ui
