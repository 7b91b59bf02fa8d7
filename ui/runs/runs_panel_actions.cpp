// The actions of the list of runs.
#include <QAction>
#include <QComboBox>
#include <QDesktopServices>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QMimeData>
#include <QProgressBar>
#include <QPushButton>
#include <QTableView>
#include <QUrl>
#include <algorithm>
#include <set>

#include "core/base/file.h"
#include "core/report/run_report.h"
#include "core/runs/run_file.h"
#include "ui/models/format.h"
#include "ui/runs/runs_panel.h"
#include "ui/widgets/ask_file.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/pdf_page.h"

namespace tandem::ui {
namespace {

QStringList runFilesIn(const QMimeData* content) {
  QStringList files;
  for (const QUrl& url : content->urls()) {
    if (url.isLocalFile() && url.fileName().endsWith(toQString(kRunFileSuffix), Qt::CaseInsensitive)) {
      files.append(url.toLocalFile());
    }
  }
  return files;
}

QString runs(std::size_t count) {
  return count == 1 ? RunsPanel::tr("1 run") : RunsPanel::tr("%1 runs").arg(count);
}

constexpr std::size_t kPortraitRuns = 3;  // more need a landscape page
constexpr std::size_t kMaxPdfRuns = 8;    // more would make the columns too narrow for text

bool isPdf(const QString& path) {
  return path.endsWith(".pdf", Qt::CaseInsensitive);
}

Status writeReport(const RunStore& store, const std::vector<std::int64_t>& ids, const QString& path) {
  TANDEM_ASSIGN(const std::string page, runReport(store, ids));
  if (!isPdf(path)) return writeFileAtomically(path.toStdString(), page);
  TANDEM_ASSIGN(const QByteArray pdf, pdfOf(page, ids.size() > kPortraitRuns));
  return writeFileAtomically(path.toStdString(), {pdf.data(), static_cast<std::size_t>(pdf.size())});
}

QString fileFilter() {
  return RunsPanel::tr("Tandem runs (*%1)").arg(toQString(kRunFileSuffix));
}

}  // namespace

void RunsPanel::buildActions() {
  const auto action = [&](const QString& text, const QString& name, const QString& tip, const auto& slot) {
    auto* result = new QAction(text, this);
    result->setObjectName(name);
    result->setToolTip(tip);
    connect(result, &QAction::triggered, this, slot);
    return result;
  };
  compare_ = action(tr("Compare"), "runCompare", {}, [this] { compareSelected(); });
  evaluate_ =
      action(tr("Evaluate…"), "runEvaluate",
             tr("Compare the predictions of this run's network with the labels of its data or of a file"),
             [this] { Q_EMIT evaluateRequested(*selected()); });
  try_ = action(tr("Try it…"), "runTry",
                tr("Try this run's network on what you draw, type or set, or on samples of its test set"),
                [this] { Q_EMIT tryRequested(*selected()); });
  resume_ = action(tr("Resume"), "runResume", {}, [this] { Q_EMIT resumeRequested(*selected()); });
  resumeOn_ = new QMenu(tr("Resume on"), this);
  resumeOn_->setObjectName("runResumeOn");
  resumeOn_->setToolTipsVisible(true);
  open_ = action(tr("Open"), "runOpen", tr("Open the project of this run"),
                 [this] { Q_EMIT openRequested(*selected()); });
  startFrom_ =
      action(tr("Start from its weights"), "runStartFrom",
             tr("Start the next run of the project with the weights of the best epoch of this run, in layers "
                "of the same name and shape"),
             [this] { Q_EMIT startFromRequested(*selected()); });
  verify_ = action(tr("Re-run and verify"), "runVerify", {}, [this] { verifySelected(); });
  delete_ = action(tr("Delete"), "runDelete", tr("Delete the runs; they can be restored for a day"),
                   [this] { deleteSelected(); });
  delete_->setShortcut(QKeySequence::Delete);
  delete_->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  import_ = action(tr("Import…"), "runImport", tr("Import runs from files"), [this] { chooseImport(); });
  rename_ = action(tr("Rename"), "runRename", {}, [this] { edit(RunsModel::Name); });
  tags_ = action(tr("Edit tags"), "runTags", {}, [this] { edit(RunsModel::Tags); });
  notes_ = action(tr("Edit notes"), "runNotes", {}, [this] { edit(RunsModel::Notes); });
  export_ = action(tr("Export weights…"), "runExport",
                   tr("Export the weights of the best epoch of this run to a Keras model file"),
                   [this] { Q_EMIT exportRequested(*selected(), Weights::Best); });
  exportLast_ = action(tr("Export last weights…"), "runExportLast",
                       tr("Export the weights of the last step of this run to a Keras model file"),
                       [this] { Q_EMIT exportRequested(*selected(), Weights::Last); });
  saveRecord_ = action(tr("Export run…"), "runSaveRecord",
                       tr("Export everything but the weights to a file for import on another machine"),
                       [this] { saveRecord(); });
  report_ = action(tr("Report…"), "runReport", {}, [this] { saveReport(); });
  restore_ = action({}, "runRestore", {}, [this] { restoreAll(); });
  empty_ = action(tr("Empty trash…"), "runEmptyTrash", {}, [this] { emptyTrash(); });
  const auto separator = [this] {
    auto* result = new QAction(this);
    result->setSeparator(true);
    return result;
  };
  table_->addActions({compare_,    evaluate_,   try_,        resume_,     resumeOn_->menuAction(),
                      startFrom_,  open_,       verify_,     separator(), rename_,
                      tags_,       notes_,      separator(), report_,     export_,
                      exportLast_, saveRecord_, separator(), delete_,     restore_,
                      empty_});
}

void RunsPanel::setDevices(const std::vector<DeviceInfo>& devices) {
  resumeOn_->clear();
  for (const DeviceInfo& device : devices) {
    if (!device.usable) continue;
    const QString id = toQString(device.id);
    const QString label = device.threads > 0 ? tr("CPU") : tr("%1 (%2)").arg(toQString(device.name), id);
    QAction* one =
        resumeOn_->addAction(label, this, [this, id] { Q_EMIT resumeOnRequested(*selected(), id); });
    one->setObjectName("runResumeOn:" + id);
    one->setToolTip(tr(
        "Continue from the last checkpoint on this device, after comparing the next step on both devices"));
  }
}

void RunsPanel::edit(int column) {
  const QModelIndex index = filter_.mapFromSource(model_.index(model_.rowOf(selected()->id), column));
  table_->scrollTo(index);
  table_->setCurrentIndex(index);
  table_->edit(index);
}

// Overlays only the selected runs; if they already are the overlaid ones, overlays none.
void RunsPanel::compareSelected() {
  std::set<std::int64_t> ids, ticked;
  for (const RunSummary& run : allSelected()) ids.insert(run.id);
  for (const auto& [id, color] : model_.ticked()) ticked.insert(id);
  if (ids == ticked) ids.clear();
  model_.setTicked({ids.begin(), ids.end()});
}

void RunsPanel::deleteSelected() {
  std::vector<std::int64_t> deleted;
  for (const RunSummary& run : allSelected()) {
    const Status removed = store_.remove(run.id);
    if (removed.ok()) {
      deleted.push_back(run.id);
    } else {
      Q_EMIT failed(removed.error());
    }
  }
  refresh();
  if (deleted.empty()) return;
  deleted_ = deleted;
  Q_EMIT deletionChanged();
  notice_->showMessage(MessageBar::Kind::Note, tr("%1 deleted.").arg(runs(deleted.size())), {}, tr("Undo"),
                       [this, deleted] { restore(deleted); });
}

void RunsPanel::forgetDeletion() {
  if (deleted_.empty()) return;
  deleted_.clear();
  Q_EMIT deletionChanged();
}

void RunsPanel::restore(const std::vector<std::int64_t>& ids) {
  notice_->hide();
  for (const std::int64_t id : ids) {
    const Status restored = store_.restore(id);
    if (!restored.ok()) Q_EMIT failed(restored.error());
  }
  refresh();
  select(ids);
  forgetDeletion();  // last: it may clear `ids`
}

void RunsPanel::restoreAll() {
  std::vector<std::int64_t> ids;
  for (const RunSummary& run : trash_) ids.push_back(run.id);
  restore(ids);
}

void RunsPanel::emptyTrash() {
  QMessageBox question(QMessageBox::Warning, tr("Empty trash"),
                       tr("Delete %1 permanently?").arg(runs(trash_.size())), QMessageBox::NoButton, this);
  question.setObjectName("emptyTrashQuestion");
  question.setInformativeText(
      tr("All curves, checkpoints and weights are deleted from the disk. This cannot be undone."));
  QPushButton* confirm = question.addButton(tr("Delete"), QMessageBox::DestructiveRole);
  question.setDefaultButton(question.addButton(QMessageBox::Cancel));
  question.exec();
  if (question.clickedButton() != confirm) return;
  notice_->hide();
  forgetDeletion();
  const Status emptied = store_.emptyTrash();
  if (!emptied.ok()) Q_EMIT failed(emptied.error());
  refresh();
}

void RunsPanel::chooseImport() {
  const QStringList files =
      QFileDialog::getOpenFileNames(this, tr("Import runs"), lastFolder(), fileFilter());
  if (!files.isEmpty()) rememberFolder(files.front());
  importFiles(files);
}

void RunsPanel::importFiles(const QStringList& files) {
  if (files.isEmpty()) return;
  files_.start([this, files] {
    std::vector<std::int64_t> ids;
    std::vector<Error> errors;
    for (const QString& file : files) {
      auto id = importRun(store_, file.toStdString());
      if (id.ok()) {
        ids.push_back(*id);
      } else {
        errors.push_back(id.error());
      }
    }
    QMetaObject::invokeMethod(
        this,
        [this, ids, errors] {
          for (const Error& error : errors) Q_EMIT failed(error);
          if (ids.empty()) return;
          search_->clear();  // so that the imported runs are visible
          state_->setCurrentIndex(0);
          refresh();
          select(ids);
          notice_->showMessage(MessageBar::Kind::Note, tr("%1 imported.").arg(runs(ids.size())));
        },
        Qt::QueuedConnection);
  });
}

void RunsPanel::dragEnterEvent(QDragEnterEvent* event) {
  if (!runFilesIn(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void RunsPanel::dropEvent(QDropEvent* event) {
  event->acceptProposedAction();
  importFiles(runFilesIn(event->mimeData()));
}

// Runs `job` on a worker thread and, if it succeeds, `onSuccess` on the GUI thread.
void RunsPanel::write(const std::function<Status()>& job, const std::function<void()>& onSuccess) {
  files_.start([this, job, onSuccess] {
    auto status = std::make_shared<Status>(job());
    QMetaObject::invokeMethod(
        this,
        [this, status, onSuccess] {
          if (status->ok())
            onSuccess();
          else
            Q_EMIT failed(status->error());
        },
        Qt::QueuedConnection);
  });
}

void RunsPanel::saveRecord() {
  const auto run = selected();
  const QString path = askSaveFile(this, tr("Export run"), fileName(toQString(run->name)),
                                   toQString(kRunFileSuffix), fileFilter());
  if (path.isEmpty()) return;
  write([this, id = run->id, path] { return exportRun(store_, id, path.toStdString()); },
        [this, path] { notice_->showMessage(MessageBar::Kind::Note, tr("Run exported to %1.").arg(path)); });
}

void RunsPanel::saveReport() {
  std::vector<std::int64_t> ids;
  const std::vector<RunSummary> chosen = forReport();
  for (const RunSummary& run : chosen) ids.push_back(run.id);
  const QString name = ids.size() == 1 ? fileName(toQString(chosen.front().name)) : tr("runs");
  const QString path = askSaveFile(this, tr("Report on %1").arg(runs(ids.size())), name, ".html",
                                   tr("Web pages (*.html);;PDF documents (*.pdf)"));
  if (path.isEmpty()) return;
  if (isPdf(path) && ids.size() > kMaxPdfRuns) {
    notice_->showError({ErrorCode::Unsupported,
                        tr("A PDF report is limited to %1 runs, but %2 are selected")
                            .arg(kMaxPdfRuns)
                            .arg(ids.size())
                            .toStdString(),
                        {},
                        tr("Save a web page (.html), which has no limit").toStdString()},
                       tr("Save web page…"), [this] {
                         notice_->hide();
                         saveReport();
                       });
    return;
  }
  write([this, ids, path] { return writeReport(store_, ids, path); },
        [this, path] {
          notice_->showMessage(MessageBar::Kind::Success, tr("Report saved to %1.").arg(path), {}, tr("Open"),
                               [path] { QDesktopServices::openUrl(QUrl::fromLocalFile(path)); });
        });
}

void RunsPanel::verifySelected() {
  const auto run = selected();
  verdict_->hide();
  progressText_->setText(tr("Repeating %1").arg(toQString(run->name)));
  progressBar_->setRange(0, 0);
  progress_->show();
  verifier_.start(*run);
  updateActions();
}

void RunsPanel::showVerdict(const RunSummary& run, const Result<Verdict>& verdict) {
  progress_->hide();
  updateActions();
  if (!verdict.ok()) {
    if (verdict.error().code != ErrorCode::Cancelled) verdict_->showError(verdict.error());
    return;
  }
  QStringList detail;
  for (const auto* list : {&verdict->reasons, &verdict->notes}) {
    for (const std::string& line : *list) detail.append(toQString(line));
  }
  const QString hint = detail.isEmpty() ? QString() : tr("Results may differ: %1.").arg(detail.join("; "));
  verdict_->showMessage(verdict->passed ? MessageBar::Kind::Success : MessageBar::Kind::Error,
                        QString("%1: %2.").arg(toQString(run.name), toQString(verdict->text())), hint);
  verdict_->setRun(run.id);
}

}  // namespace tandem::ui
