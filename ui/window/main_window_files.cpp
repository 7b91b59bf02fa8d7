// File handling of the main window: projects, recent files, recovery, weights.
#include <QDir>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMessageBox>
#include <QSettings>
#include <algorithm>

#include "core/io/model_formats.h"
#include "core/runs/run_file.h"
#include "core/train/checkpoint.h"
#include "core/twin/twin_store.h"
#include "ui/evaluate/evaluate_dialog.h"
#include "ui/models/format.h"
#include "ui/runs/runs_panel.h"
#include "ui/runs/weights_export.h"
#include "ui/try/try_dialog.h"
#include "ui/widgets/ask_file.h"
#include "ui/widgets/message_bar.h"
#include "ui/window/main_window.h"
#include "ui/window/welcome_page.h"

namespace tandem::ui {
namespace {

constexpr int kRecentFiles = 10;
constexpr auto kRecentKey = "files/recent";

// "*.keras *.h5"
QString modelPatterns() {
  QStringList patterns;
  for (const ModelFormat& format : modelFormats())
    for (const std::string_view ending : format.endings) patterns += '*' + toQString(ending);
  return patterns.join(' ');
}

}  // namespace

bool MainWindow::confirmDiscard() {
  if (!document_.isDirty()) return true;
  QMessageBox question(QMessageBox::Warning, tr("Unsaved changes"),
                       tr("Save the changes to “%1”?").arg(document_.title()),
                       QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, this);
  question.setObjectName("unsavedQuestion");
  question.setInformativeText(tr("Otherwise, they will be lost."));
  question.setDefaultButton(QMessageBox::Save);
  switch (question.exec()) {
    case QMessageBox::Save:
      return save();
    case QMessageBox::Discard:
      return true;
    default:
      return false;
  }
}

void MainWindow::newProject() {
  if (!confirmDiscard()) return;
  document_.newEmpty();
  showWork();
}

bool MainWindow::openTemplate(const QString& name) {
  if (!confirmDiscard()) return false;
  const Status created = document_.newFromTemplate(name);
  if (!created.ok()) {
    showError(created.error());
    return false;
  }
  showWork();
  return true;
}

void MainWindow::openDialog() {
  const QString path = QFileDialog::getOpenFileName(
      this, tr("Open project or model"), lastFolder(),
      tr("Projects and models (*.tandem %1);;Tandem projects (*.tandem);;Models (%1);;Twin records (*%2);;All files (*)")
          .arg(modelPatterns(), toQString(kTwinSuffix)));
  if (!path.isEmpty()) openFile(path);
}

bool MainWindow::openFile(const QString& path) {
  if (path.endsWith(toQString(kTwinSuffix), Qt::CaseInsensitive)) {
    twins_.open(path);
    return true;
  }
  if (path.endsWith(toQString(kRunFileSuffix), Qt::CaseInsensitive)) {
    showWork();
    auto* dock = work_->findChild<QDockWidget*>("runsDock");
    dock->show();
    dock->raise();
    runs_->importFiles({path});
    return true;
  }
  if (modelFormatOf(path.toStdString()) != nullptr) return openModel(path);
  if (isCheckpoint(path.toStdString())) {  // its name ends like that of a model
    showError({ErrorCode::Unsupported, tr("this is a checkpoint of a run, not a project").toStdString(),
               path.toStdString(),
               tr("Open the project, and choose the checkpoint as its initial weights in the training panel")
                   .toStdString()});
    return false;
  }
  if (!confirmDiscard()) return false;
  const Status opened = document_.open(path);
  if (!opened.ok()) {
    showError(opened.error());
    return false;
  }
  remember(path);
  showWork();
  return true;
}

bool MainWindow::save() {
  if (document_.filePath().isEmpty()) return saveAs();
  const Status saved = document_.save(document_.filePath());
  if (!saved.ok()) {
    showError(saved.error());
    return false;
  }
  remember(document_.filePath());
  return true;
}

bool MainWindow::saveAs() {
  const QString start = document_.filePath().isEmpty()
                            ? QDir(lastFolder()).filePath(fileName(document_.title()) + ".tandem")
                            : document_.filePath();
  QString path =
      QFileDialog::getSaveFileName(this, tr("Save project"), start, tr("Tandem projects (*.tandem)"));
  if (path.isEmpty()) return false;
  if (QFileInfo(path).suffix().isEmpty()) path += ".tandem";
  const Status saved = document_.save(path);
  if (!saved.ok()) {
    showError(saved.error());
    return false;
  }
  remember(path);
  return true;
}

void MainWindow::remember(const QString& path) {
  const QString absolute = QFileInfo(path).absoluteFilePath();
  QSettings settings;
  QStringList files = settings.value(kRecentKey).toStringList();
  files.removeAll(absolute);
  files.prepend(absolute);
  while (files.size() > kRecentFiles) files.removeLast();
  settings.setValue(kRecentKey, files);
  rememberFolder(absolute);
  updateRecent();
}

void MainWindow::updateRecent() {
  QStringList files = QSettings().value(kRecentKey).toStringList();
  files.removeIf([](const QString& path) { return !QFileInfo::exists(path); });
  recentMenu_->clear();
  recentMenu_->setEnabled(!files.isEmpty());
  int number = 1;
  for (const QString& path : files) {
    QString label = QDir::toNativeSeparators(path);
    label.replace('&', "&&");
    recentMenu_->addAction(QString("&%1  %2").arg(number++).arg(label), this,
                           [this, path] { openFile(path); });
  }
  welcome_->setRecentFiles(files);
}

void MainWindow::recover(const QString& recoveryFile) {
  if (!confirmDiscard()) return;
  for (const ProjectDocument::Recovery& found : ProjectDocument::recoverable()) {
    if (found.file != recoveryFile) continue;
    const Status recovered = document_.recover(found);
    if (!recovered.ok()) {
      showError(recovered.error());
    } else {
      showWork();
    }
  }
  welcome_->setRecoverable(ProjectDocument::recoverable());
}

void MainWindow::discardRecovery(const QString& recoveryFile) {
  for (const ProjectDocument::Recovery& found : ProjectDocument::recoverable()) {
    if (found.file == recoveryFile) ProjectDocument::discard(found);
  }
  welcome_->setRecoverable(ProjectDocument::recoverable());
}

// The selected run, or else the last one of this window.
std::optional<RunSummary> MainWindow::runToExport() const {
  if (auto run = runs_->selected(); run && !weightsOf(*run).empty()) return run;
  const auto& last = controller_.lastResult();
  if (!last || last->weights.empty()) return std::nullopt;
  const RunsModel& model = runs_->model();
  const RunSummary* run = model.runAt(model.rowOf(controller_.runId()));
  return run != nullptr ? std::optional(*run) : std::nullopt;
}

void MainWindow::exportWeights() {
  if (const auto run = runToExport()) exportRun(*run, Weights::Best);
}

void MainWindow::evaluate() {
  if (const auto run = runToExport())
    evaluateRun(*run);
  else
    (new EvaluateDialog({}, {}, this))->show();  // the user chooses a file
}

void MainWindow::evaluateRun(const RunSummary& run) {
  auto* dialog = new EvaluateDialog(weightsOf(run), toQString(run.name), this);
  dialog->show();
  dialog->start();
}

void MainWindow::tryModel() {
  const auto selected = runs_->selected();
  const RunsModel& model = runs_->model();
  const RunSummary* training =
      controller_.training() ? model.runAt(model.rowOf(controller_.runId())) : nullptr;
  if (training != nullptr && (!selected || weightsOf(*selected).empty()))
    tryRun(RunSummary(*training));
  else if (const auto run = runToExport())
    tryRun(*run);
  else
    tryFile(document_.training().initialWeights, {});  // if there are none, the user chooses a file
}

void MainWindow::tryRun(const RunSummary& run) {
  tryFile(weightsOf(run), toQString(run.name));
}

void MainWindow::tryFile(const std::filesystem::path& model, const QString& title) {
  refreshDevices();
  (new TryDialog(model, title, devices_, this))->show();
}

// What can be done with a run that has ended. It may be renamed or deleted before a button is pressed.
void MainWindow::offerNext(qint64 id, bool stopped, const QString& text, const QString& detail) {
  const RunSummary* run = runs_->model().runAt(runs_->model().rowOf(id));
  const auto with = [this, id](void (MainWindow::*use)(const RunSummary&)) {
    return [this, id, use] {
      if (const RunSummary* again = runs_->model().runAt(runs_->model().rowOf(id)))
        (this->*use)(RunSummary(*again));
    };
  };
  const bool usable = run != nullptr && !weightsOf(*run).empty();
  if (stopped && run != nullptr && resumeRefusal(*run).isEmpty())
    messages_->showMessage(MessageBar::Kind::Success, text, detail, tr("Resume"),
                           [this, id] { resumeRecorded(id); });
  else
    messages_->showMessage(MessageBar::Kind::Success, text, detail, usable ? tr("Try it…") : QString(),
                           with(&MainWindow::tryRun));
  if (usable) messages_->setSecondAction(tr("Evaluate…"), with(&MainWindow::evaluateRun));
  messages_->setRun(id);
}

void MainWindow::exportRun(const RunSummary& run, Weights which) {
  const QString name = toQString(run.name);
  const QString path = askSaveFile(this, tr("Export weights of %1").arg(name), fileName(name), ".h5",
                                   tr("Keras models (*.h5)"));
  if (path.isEmpty()) return;
  messages_->showMessage(MessageBar::Kind::Note,
                         tr("Writing the weights of %1 to %2…").arg(name, QDir::toNativeSeparators(path)));
  // In the background: reading and writing a large model takes seconds.
  exports_.start([this, weights = weightsOf(run), which, path, name] {
    auto result = std::make_shared<Result<std::vector<std::string>>>(
        exportCheckpointToKeras(weights, path.toStdString(), which));
    QMetaObject::invokeMethod(
        this,
        [this, result, path, name] {
          if (!result->ok()) {
            showError(result->error());
            return;
          }
          QString detail = tr("Open the file in Keras with load_model().");
          for (const std::string& note : **result) detail += ' ' + toQString(note) + '.';
          messages_->showMessage(
              MessageBar::Kind::Success,
              tr("Weights of %1 exported to %2.").arg(name, QDir::toNativeSeparators(path)), detail);
        },
        Qt::QueuedConnection);
  });
}

void MainWindow::startFromRun(const RunSummary& run) {
  if (controller_.busy()) return;  // the settings of a run in progress are locked
  const QString name = toQString(run.name);
  TrainingConfig training = document_.training();
  training.initialWeights = weightsOf(run).string();
  document_.setTraining(training, tr("Start from %1").arg(name));
  messages_->showMessage(
      MessageBar::Kind::Note,
      tr("The next run starts with the weights of %1, in layers of the same name and shape.").arg(name),
      tr("To exclude some of these layers from training, select them and choose Edit > Freeze."));
}

std::optional<Project> MainWindow::projectOf(const RunSummary& run) {
  const auto read = [&]() -> Result<Project> {
    TANDEM_ASSIGN(const RunInfo info, store_.info(run.id));
    return projectFromJson(info.projectJson, info.name);
  };
  auto project = read();
  if (project.ok()) return std::move(project).value();
  showError(project.error());
  return std::nullopt;
}

void MainWindow::openRun(const RunSummary& run) {
  if (!confirmDiscard()) return;
  auto project = projectOf(run);
  if (!project) return;
  document_.setProject(std::move(*project));
  showWork();
}

}  // namespace tandem::ui
