// The twin run in the main window: its commands, its view below the canvas, its end.
#include <QDir>
#include <QDockWidget>
#include <QStackedWidget>
#include <QTimer>
#include <algorithm>

#include "ui/compare/crossover_dialog.h"
#include "ui/compare/twin_dialog.h"
#include "ui/compare/twin_view.h"
#include "ui/editor/network_view.h"
#include "ui/models/format.h"
#include "ui/runs/runs_panel.h"
#include "ui/train/device_picker.h"
#include "ui/widgets/message_bar.h"
#include "ui/window/main_window.h"

namespace tandem::ui {
namespace {

constexpr int kViewShare = 62;  // percent of the window's height

}  // namespace

void MainWindow::buildTwin() {
  twinView_ = new TwinView(twins_, document_, this);
  // Not one of docks_: it opens for a twin run and replaces the other docks below the canvas.
  twinDock_ = new QDockWidget(tr("Twin run"), work_);
  twinDock_->setObjectName("twinDock");
  twinDock_->setWidget(twinView_);
  // Tabbed with the plots: beside them, it would widen the window until they are hidden.
  work_->addDockWidget(Qt::BottomDockWidgetArea, twinDock_);
  work_->tabifyDockWidget(docks_[2], twinDock_);
  twinDock_->hide();
  connect(twinDock_->toggleViewAction(), &QAction::toggled, this, [this](bool shown) {
    if (shown) return twinViewOpened();
    // The shortcut toggles the action before the dock is hidden. Not when the dock is just out of view, because the
    // page has changed.
    const auto closed = [this] {
      if (twinDock_->isHidden()) twinViewClosed();
    };
    if (twinDock_->isHidden())
      closed();
    else
      QMetaObject::invokeMethod(this, closed, Qt::QueuedConnection);
  });
  connect(twinView_, &TwinView::newRequested, this, &MainWindow::newTwin);
  connect(twinView_, &TwinView::failed, this, &MainWindow::showError);
  connect(twinView_, &TwinView::marksChanged, canvas_->networkScene(), &NetworkScene::setMarks);
  connect(twinView_, &TwinView::written, this, [this](const QString& file) {
    messages_->showMessage(MessageBar::Kind::Success, tr("Saved to %1.").arg(QDir::toNativeSeparators(file)));
  });
  connect(&twins_, &TwinController::phaseChanged, this, &MainWindow::twinChanged);
  connect(&twins_, &TwinController::started, this, [this] {
    runs_->refresh();  // a race has added its runs
    showTwinView();
  });
  connect(&twins_, &TwinController::opened, this, [this] {
    messages_->leave(MessageBar::About::Problem);
    showTwinView();
  });
  connect(&twins_, &TwinController::ended, this, &MainWindow::twinEnded);
  connect(&twins_, &TwinController::timed, this, &MainWindow::updateTitle);
  connect(&twins_, &TwinController::failed, this, &MainWindow::showError);
}

bool MainWindow::showProblem() {
  // Until new data has been read, its problems are those of the data before it; training finds the right ones itself.
  const std::vector<Problem> problems =
      document_.probing() ? analyze(document_.network()).problems : document_.analysis().problems;
  if (problems.empty()) return false;
  Error error = problems.front().error;
  if (const Layer* layer = document_.network().find(problems.front().layer)) error.where = layer->name;
  showError(error);
  return true;
}

void MainWindow::findCrossover() {
  if (crossoverDialog_ != nullptr) {
    crossoverDialog_->raise();
    crossoverDialog_->activateWindow();
    return;
  }
  if (showProblem()) return;
  refreshDevices();
  crossoverDialog_ =
      new CrossoverDialog(document_, sideDevices(devices_, twins_.lookup()), usualSides(devices_), this);
  crossoverDialog_->show();
}

void MainWindow::newTwin() {
  if (twins_.busy() && twinDialog_ == nullptr) {
    showTwinView();
    return;
  }
  if (twinDialog_ != nullptr) {
    twinDialog_->raise();
    twinDialog_->activateWindow();
    return;
  }
  // A problem that is already in the Problems list needs no dialog to find it.
  if (showProblem()) return;
  refreshDevices();
  twinDialog_ = new TwinDialog(twins_, document_, devices_, this);
  twinDialog_->show();
}

void MainWindow::openTwinRecord() {
  twinView_->openRecord();
}

void MainWindow::showTwinView() {
  if (stack_->currentWidget() != work_) showWork();
  twinDock_->show();
  twinDock_->raise();
}

// The twin view replaces the docks below the canvas, which get their sizes back when it is closed.
void MainWindow::twinViewOpened() {
  if (!hiddenForTwin_.empty() || twinDock_->isFloating()) return;
  for (QDockWidget* dock : docks_) {
    if (dock->isHidden() || dock->isFloating() || work_->dockWidgetArea(dock) != Qt::BottomDockWidgetArea)
      continue;
    hiddenForTwin_.push_back(dock);
    dock->hide();
  }
  QTimer::singleShot(0, this, [this] {
    work_->resizeDocks({twinDock_}, {work_->height() * kViewShare / 100}, Qt::Vertical);
  });
}

void MainWindow::twinViewClosed() {
  const auto sizes = panelSizes_;
  for (QDockWidget* dock : std::exchange(hiddenForTwin_, {})) dock->show();
  docks_[3]->raise();
  // When the view has gone: before, the panels cannot get their sizes.
  QTimer::singleShot(0, this, [this, sizes] {
    const auto of = [&](std::size_t dock) {
      const auto found = sizes.find(docks_[dock]);
      return found != sizes.end() ? found->second : docks_[dock]->size();
    };
    work_->resizeDocks({docks_[0], docks_[1]}, {of(0).width(), of(1).width()}, Qt::Horizontal);
    work_->resizeDocks({docks_[2], docks_[3]}, {of(2).width(), of(3).width()}, Qt::Horizontal);
    work_->resizeDocks({docks_[2]}, {of(2).height()}, Qt::Vertical);
  });
  twins_.release();
  if (twins_.busy())
    messages_->showMessage(MessageBar::Kind::Note, tr("The twin run continues in the background."), {},
                           tr("Show"), [this] { showTwinView(); });
}

void MainWindow::twinChanged() {
  updateActions();
  updateTitle();
  updateRunBar();
  if (closeWhenStopped_ && !busy()) QMetaObject::invokeMethod(this, &QWidget::close, Qt::QueuedConnection);
}

void MainWindow::twinEnded() {
  runs_->refresh();
  if (twinDock_->isHidden()) twins_.release();
  if (twinDock_->isVisible() || closeWhenStopped_) return;
  messages_->showMessage(MessageBar::Kind::Success, tr("The twin run has finished."), {}, tr("Show"),
                         [this] { showTwinView(); });
}

QString MainWindow::closeQuestion() const {
  return controller_.busy() ? tr("A run is in progress. Stop it and close?")
                            : tr("A twin run is in progress. Stop it and close?");
}

}  // namespace tandem::ui
