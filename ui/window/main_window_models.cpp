// Opens models of other programs as projects.
#include <QFileInfo>
#include <QPointer>

#include "ui/inspector/inspector_panel.h"
#include "ui/models/format.h"
#include "ui/widgets/message_bar.h"
#include "ui/window/import_dialog.h"
#include "ui/window/main_window.h"

namespace tandem::ui {

bool MainWindow::openModel(const QString& path) {
  if (!confirmDiscard()) return false;
  std::optional<ImportDialog::OpenData> chosen;
  if (document_.dataInfo() && !document_.network().layers().empty())
    chosen = ImportDialog::OpenData{document_.data(), *document_.dataInfo()};
  ImportDialog dialog(path, std::move(chosen), this);
  // In the background: a large model takes seconds. Whoever cancels does not wait for it.
  readers_.start([this, path, shown = QPointer<ImportDialog>(&dialog)] {
    auto model = std::make_shared<Result<ImportedModel>>(importModel(path.toStdString()));
    QMetaObject::invokeMethod(
        this,
        [shown, model] {
          if (shown) shown->finished(std::move(*model));
        },
        Qt::QueuedConnection);
  });
  if (dialog.exec() != QDialog::Accepted) return false;
  const bool hasData =
      !dialog.project().data.path.empty() || dialog.project().data.kind == DataKind::Generated;
  document_.setProject(dialog.project());
  remember(path);
  showWork();
  inspector_->showPage(hasData ? InspectorPanel::Training : InspectorPanel::Data);
  const QString name = QFileInfo(path).fileName();
  const QString next = hasData
                           ? tr("Press Train (F5) to start.")
                           : tr("The model %1. Choose data for it in the data panel.").arg(dialog.summary());
  if (document_.training().initialWeights.empty()) {
    messages_->showMessage(MessageBar::Kind::Success, tr("Opened %1 without its weights.").arg(name), next);
    return true;
  }
  messages_->showMessage(
      MessageBar::Kind::Success, tr("Opened %1. Training starts with its weights.").arg(name),
      next + ' ' + tr("To exclude layers from training, select one and choose Edit > Freeze up to here."),
      tr("Start fresh"), [this] {
        TrainingConfig training = document_.training();
        training.initialWeights.clear();
        document_.setTraining(training, tr("Start without weights"));
      });
  messages_->setSecondAction(tr("Try it…"), [this, path, name] { tryFile(path.toStdString(), name); });
  return true;
}

}  // namespace tandem::ui
