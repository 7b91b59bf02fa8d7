// Weights of a run whose folder could not hold its checkpoint: they are in memory until another place is chosen.
#include <QDir>
#include <QMessageBox>
#include <QPushButton>

#include "core/train/checkpoint.h"
#include "ui/models/format.h"
#include "ui/runs/runs_panel.h"
#include "ui/widgets/ask_file.h"
#include "ui/widgets/message_bar.h"
#include "ui/window/main_window.h"

namespace tandem::ui {

void MainWindow::offerToSaveWeights(const Error& error) {
  Error unsaved = error;
  unsaved.hint = tr("The trained weights are still in memory. Save them to another place").toStdString();
  messages_->showError(unsaved, tr("Save checkpoint…"), [this] { saveWeights({}); });
}

void MainWindow::saveWeights(std::function<void()> then) {
  const auto checkpoint = controller_.unsaved();
  if (checkpoint == nullptr || savingWeights_) return;
  const QString path = askSaveFile(this, tr("Save checkpoint"), fileName(toQString(checkpoint->project.name)),
                                   ".h5", tr("Tandem checkpoints (*.h5)"));
  if (path.isEmpty()) return;
  savingWeights_ = true;
  afterSaving_ = std::move(then);
  messages_->hide();  // the error is being dealt with
  messages_->showMessage(MessageBar::Kind::Note,
                         tr("Writing the checkpoint to %1…").arg(QDir::toNativeSeparators(path)));
  // In the background: writing a large checkpoint takes seconds.
  exports_.start([this, checkpoint, path] {
    auto result = std::make_shared<Status>(saveCheckpoint(*checkpoint, path.toStdString()));
    QMetaObject::invokeMethod(
        this, [this, result, path] { weightsSaved(*result, path); }, Qt::QueuedConnection);
  });
}

void MainWindow::weightsSaved(const Status& result, const QString& path) {
  savingWeights_ = false;
  const auto then = std::exchange(afterSaving_, nullptr);
  if (!result.ok()) {
    offerToSaveWeights(result.error());
    return;
  }
  const Status noted = controller_.settleUnsaved(path.toStdString());
  runs_->refresh();
  if (noted.ok())
    messages_->showMessage(MessageBar::Kind::Success,
                           tr("Checkpoint saved to %1.").arg(QDir::toNativeSeparators(path)));
  else
    showError(noted.error());
  if (then) then();
}

bool MainWindow::confirmUnsavedWeights(std::function<void()> then) {
  if (controller_.unsaved() == nullptr) return true;
  if (savingWeights_) {
    afterSaving_ = std::move(then);
    return false;
  }
  QMessageBox question(
      QMessageBox::Warning, tr("Weights not saved"),
      tr("The weights of the last run could not be stored in its folder. Save them elsewhere?"),
      QMessageBox::NoButton, this);
  question.setObjectName("weightsQuestion");
  QPushButton* save = question.addButton(tr("Save…"), QMessageBox::AcceptRole);
  QPushButton* discard = question.addButton(tr("Discard"), QMessageBox::DestructiveRole);
  question.addButton(QMessageBox::Cancel);
  question.setDefaultButton(save);
  question.exec();
  if (question.clickedButton() == save) saveWeights(std::move(then));
  if (question.clickedButton() != discard) return false;
  return controller_.settleUnsaved({}).ok();
}

}  // namespace tandem::ui
