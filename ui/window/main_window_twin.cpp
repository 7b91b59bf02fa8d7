// The twin run in the main window: its command, its room below the canvas, its end.
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
  // Not one of docks_: it is opened for a twin and takes the place of the other docks below.
  twinDock_ = new QDockWidget(tr("Twin run"), work_);
  twinDock_->setObjectName("twinDock");
  twinDock_->setWidget(twinView_);
  // On one place with the plots: beside them it would widen the window for the moment until they are hidden.
  work_->addDockWidget(Qt::BottomDockWidgetArea, twinDock_);
  work_->tabifyDockWidget(docks_[2], twinDock_);
  twinDock_->hide();
  connect(twinDock_->toggleViewAction(), &QAction::toggled, this, [this](bool shown) {
    if (shown)
      twinViewOpened();
    else if (twinDock_->isHidden())  // not only gone with the page it stands on
      twinViewClosed();
  });
  connect(twinView_, &TwinView::newRequested, this, &MainWindow::newTwin);
  connect(twinView_, &TwinView::failed, this, &MainWindow::showError);
  connect(twinView_, &TwinView::marksChanged, canvas_->networkScene(), &NetworkScene::setMarks);
  connect(twinView_, &TwinView::written, this, [this](const QString& file) {
    messages_->showMessage(MessageBar::Kind::Success,
                           tr("Written to %1.").arg(QDir::toNativeSeparators(file)));
  });
  connect(&twins_, &TwinController::phaseChanged, this, &MainWindow::twinChanged);
  connect(&twins_, &TwinController::started, this, [this] {
    runs_->refresh();  // a race has made its runs
    showTwinView();
  });
  connect(&twins_, &TwinController::opened, this, [this] {
    messages_->overcome();
    showTwinView();
  });
  connect(&twins_, &TwinController::ended, this, &MainWindow::twinEnded);
  connect(&twins_, &TwinController::timed, this, &MainWindow::updateTitle);
  connect(&twins_, &TwinController::failed, this, &MainWindow::showError);
}

bool MainWindow::toldOfProblems() {
  const std::vector<Problem>& problems = document_.analysis().problems;
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
  if (toldOfProblems()) return;
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
  // What the Problems list knows already needs no dialog to be told.
  if (toldOfProblems()) return;
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

// The room takes the place of the docks below the canvas.
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
  for (QDockWidget* dock : std::exchange(hiddenForTwin_, {})) dock->show();
  docks_[3]->raise();
  twins_.release();
  if (twins_.busy())
    messages_->showMessage(MessageBar::Kind::Note, tr("The twin run goes on."), {}, tr("Show it"),
                           [this] { showTwinView(); });
}

void MainWindow::twinChanged() {
  updateActions();
  updateTitle();
  if (closeWhenStopped_ && !busy()) QMetaObject::invokeMethod(this, &QWidget::close, Qt::QueuedConnection);
}

void MainWindow::twinEnded() {
  runs_->refresh();
  if (twinDock_->isHidden()) twins_.release();
  if (twinDock_->isVisible() || closeWhenStopped_) return;
  messages_->showMessage(MessageBar::Kind::Success, tr("The twin run has ended."), {}, tr("Show it"),
                         [this] { showTwinView(); });
}

QString MainWindow::closeQuestion() const {
  return controller_.busy() ? tr("A run is training. Stop it and close?")
                            : tr("A twin run is going on. Stop its sides and close?");
}

}  // namespace tandem::ui
