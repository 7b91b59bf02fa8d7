// Projects for the user's data, and files that are dropped on the window.
#include <QDropEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QUrl>
#include <optional>

#include "core/data/hdf5_arrays.h"
#include "core/io/model_formats.h"
#include "core/runs/run_file.h"
#include "core/train/checkpoint.h"
#include "core/twin/twin_store.h"
#include "ui/inspector/inspector_panel.h"
#include "ui/models/format.h"
#include "ui/widgets/message_bar.h"
#include "ui/window/data_dialog.h"
#include "ui/window/main_window.h"

namespace tandem::ui {
namespace {

// The only dropped file or folder; empty if there is none, or several.
QString droppedPath(const QMimeData* content) {
  const QList<QUrl> urls = content->urls();
  return urls.size() == 1 && urls.front().isLocalFile() ? urls.front().toLocalFile() : QString();
}

bool isOurs(const QString& path) {
  if (QFileInfo(path).isDir()) return false;
  for (const QString& suffix : {QString(".tandem"), toQString(kTwinSuffix), toQString(kRunFileSuffix)})
    if (path.endsWith(suffix, Qt::CaseInsensitive)) return true;
  if (isCheckpoint(path.toStdString())) return true;
  // An HDF5 file is a model or data.
  return modelFormatOf(path.toStdString()) != nullptr && !openHdf5Arrays(path.toStdString()).ok();
}

}  // namespace

void MainWindow::newFromData() {
  proposeFor({});
}

void MainWindow::proposeFor(const QString& path) {
  // A table without a network: its settings were probably corrected so that a network can be proposed.
  std::optional<DataSpec> base;
  if (document_.data().kind == DataKind::Csv && document_.network().layers().empty()) base = document_.data();
  if (!base && !confirmDiscard()) return;
  DataDialog dialog(base, this);
  if (!path.isEmpty()) dialog.start(path);
  if (dialog.exec() != QDialog::Accepted) return;
  if (base && base->path != dialog.data().path && !confirmDiscard()) return;
  const QString name = QFileInfo(toQString(dialog.data().path)).fileName();
  Project project;
  if (dialog.proposal()) {
    project = dialog.proposal()->project;
  } else {
    project.name = QFileInfo(name).completeBaseName().toStdString();
    project.data = dialog.data();
  }
  document_.setProject(std::move(project));
  showWork();
  inspector_->showPage(InspectorPanel::Data);
  if (dialog.proposal())
    messages_->showMessage(MessageBar::Kind::Success,
                           tr("New project for %1: %2.").arg(name, toQString(summaryOf(*dialog.proposal()))),
                           tr("The data panel shows how the data was read. Press Train (F5) to start."));
  else
    messages_->showMessage(
        MessageBar::Kind::Warning, tr("There is no network for %1 yet.").arg(name),
        tr("Correct the settings in the data panel, for example in the menu of a column. Then propose a network."),
        tr("Propose network"), [this] { newFromData(); });
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (!droppedPath(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  const QString path = droppedPath(event->mimeData());
  event->acceptProposedAction();
  // Later: the program from which the file was dragged waits for the end of this event.
  QTimer::singleShot(0, this, [this, path] {
    activateWindow();
    if (isOurs(path))
      openFile(path);
    else
      proposeFor(path);
  });
}

}  // namespace tandem::ui
