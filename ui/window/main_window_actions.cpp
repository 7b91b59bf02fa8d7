// Menus, toolbar, shortcuts and icons of the main window.
#include <QActionGroup>
#include <QApplication>
#include <QDockWidget>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenuBar>
#include <QStackedWidget>
#include <QToolBar>

#include "ui/editor/network_view.h"
#include "ui/inspector/inspector_panel.h"
#include "ui/models/format.h"
#include "ui/runs/runs_panel.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/train/device_picker.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/fields.h"
#include "ui/window/cards_dialog.h"
#include "ui/window/devices_dialog.h"
#include "ui/window/help_dialogs.h"
#include "ui/window/main_window.h"

namespace tandem::ui {

QAction* MainWindow::addAction_(const QString& name, const QString& text, const QList<QKeySequence>& keys,
                                void (MainWindow::*slot)()) {
  auto* action = new QAction(text, this);
  action->setObjectName(name);
  action->setShortcuts(keys);
  const QString plain = action->text().remove('&').remove("…");
  action->setToolTip(keys.isEmpty()
                         ? plain
                         : QString("%1 (%2)").arg(plain, keys.front().toString(QKeySequence::NativeText)));
  // A shortcut or a tool button leaves the focus where it is.
  connect(action, &QAction::triggered, this, [this, slot] {
    if (CommittedText::commitFocused()) (this->*slot)();
  });
  return action;
}

void MainWindow::buildActions() {
  newAction_ = addAction_("actionNew", tr("&New"), {QKeySequence::New}, &MainWindow::newProject);
  newDataAction_ = addAction_("actionNewFromData", tr("New from &data…"), {QKeySequence("Ctrl+Shift+N")},
                              &MainWindow::newFromData);
  openAction_ = addAction_("actionOpen", tr("&Open…"), {QKeySequence::Open}, &MainWindow::openDialog);
  saveAction_ = new QAction(tr("&Save"), this);
  saveAction_->setObjectName("actionSave");
  saveAction_->setShortcut(QKeySequence::Save);
  saveAction_->setToolTip(tr("Save (Ctrl+S)"));
  connect(saveAction_, &QAction::triggered, this, [this] {
    if (CommittedText::commitFocused()) save();
  });
  saveAsAction_ = new QAction(tr("Save &as…"), this);
  saveAsAction_->setObjectName("actionSaveAs");
  saveAsAction_->setShortcut(QKeySequence("Ctrl+Shift+S"));
  connect(saveAsAction_, &QAction::triggered, this, [this] {
    if (CommittedText::commitFocused()) saveAs();
  });
  exportAction_ = addAction_("actionExport", tr("&Export weights (Keras HDF5)…"), {QKeySequence("Ctrl+E")},
                             &MainWindow::exportWeights);
  welcomeAction_ = addAction_("actionWelcome", tr("&Welcome page"), {}, &MainWindow::showWelcome);
  quitAction_ = new QAction(tr("&Quit"), this);
  quitAction_->setObjectName("actionQuit");
  quitAction_->setShortcut(QKeySequence("Ctrl+Q"));
  connect(quitAction_, &QAction::triggered, this, &QWidget::close);
  undoAction_ = new QAction(this);
  undoAction_->setObjectName("actionUndo");
  undoAction_->setShortcut(QKeySequence::Undo);
  connect(undoAction_, &QAction::triggered, this, [this] {
    if (runs_->canRestore())
      runs_->restoreDeleted();
    else
      document_.undoStack()->undo();
  });
  // Undo reverts what was done last: an edit of the project, or the deletion of runs.
  connect(document_.undoStack(), &QUndoStack::indexChanged, runs_, &RunsPanel::forgetDeletion);
  connect(document_.undoStack(), &QUndoStack::canUndoChanged, this, &MainWindow::updateUndo);
  connect(document_.undoStack(), &QUndoStack::undoTextChanged, this, &MainWindow::updateUndo);
  connect(runs_, &RunsPanel::deletionChanged, this, &MainWindow::updateUndo);
  connect(runs_, &RunsPanel::selectionChanged, this, &MainWindow::updateActions);
  redoAction_ = document_.undoStack()->createRedoAction(this, tr("Redo"));
  redoAction_->setObjectName("actionRedo");
  redoAction_->setShortcuts({QKeySequence("Ctrl+Y"), QKeySequence("Ctrl+Shift+Z")});
  trainAction_ = addAction_("actionTrain", tr("&Train"), {QKeySequence("F5")}, &MainWindow::train);
  pauseAction_ = addAction_("actionPause", tr("&Pause"), {QKeySequence("F6")}, &MainWindow::pauseOrResume);
  pauseAction_->setCheckable(true);
  stepAction_ = addAction_("actionStep", tr("Single &step"), {QKeySequence("F10")}, &MainWindow::stepOnce);
  stopAction_ = addAction_("actionStop", tr("St&op"), {QKeySequence("Shift+F5")}, &MainWindow::stopTraining);
  evaluateAction_ = addAction_("actionEvaluate", tr("&Evaluate…"), {}, &MainWindow::evaluate);
  tryAction_ = addAction_("actionTry", tr("Tr&y it…"), {}, &MainWindow::tryModel);
  twinAction_ = addAction_("actionTwin", tr("T&win run…"), {QKeySequence("Ctrl+T")}, &MainWindow::newTwin);
  crossoverAction_ = addAction_("actionCrossover", tr("Crosso&ver…"), {}, &MainWindow::findCrossover);
  openTwinAction_ = addAction_("actionOpenTwin", tr("Open twin &record…"), {}, &MainWindow::openTwinRecord);
  updateIcons();
  connect(&Theme::instance(), &Theme::changed, this, &MainWindow::updateIcons);
  connect(&document_, &ProjectDocument::projectReplaced, this, &MainWindow::updateActions);
}

void MainWindow::updateIcons() {
  newAction_->setIcon(icon(Icon::New));
  newDataAction_->setIcon(icon(Icon::Data));
  openAction_->setIcon(icon(Icon::Open));
  saveAction_->setIcon(icon(Icon::Save));
  exportAction_->setIcon(icon(Icon::Export));
  undoAction_->setIcon(icon(Icon::Undo));
  redoAction_->setIcon(icon(Icon::Redo));
  trainAction_->setIcon(icon(Icon::Train));
  pauseAction_->setIcon(icon(Icon::Pause));
  stepAction_->setIcon(icon(Icon::Step));
  stopAction_->setIcon(icon(Icon::Stop));
  twinAction_->setIcon(icon(Icon::Twin));
}

void MainWindow::buildMenus() {
  QMenu* file = menuBar()->addMenu(tr("&File"));
  file->addActions({newAction_, newDataAction_, openAction_});
  recentMenu_ = file->addMenu(tr("Open &recent"));
  recentMenu_->setObjectName("recentMenu");
  file->addActions({saveAction_, saveAsAction_});
  file->addSeparator();
  file->addAction(exportAction_);
  file->addSeparator();
  file->addActions({welcomeAction_, quitAction_});

  QMenu* edit = menuBar()->addMenu(tr("&Edit"));
  edit->addActions({undoAction_, redoAction_});
  edit->addSeparator();
  edit->addActions(canvas_->editActions());

  QMenu* training = menuBar()->addMenu(tr("&Training"));
  training->addActions({trainAction_, pauseAction_, stepAction_, stopAction_});
  training->addSeparator();
  training->addActions({evaluateAction_, tryAction_});
  training->addSeparator();
  training->addActions({twinAction_, crossoverAction_, openTwinAction_});

  QMenu* view = menuBar()->addMenu(tr("&View"));
  QMenu* panels = view->addMenu(tr("&Panels"));
  int number = 1;
  for (QDockWidget* dock : docks_) {
    QAction* toggle = dock->toggleViewAction();
    toggle->setObjectName(dock->objectName() + "Toggle");
    toggle->setShortcut(QKeySequence(QString("Ctrl+%1").arg(number++)));
    panels->addAction(toggle);
  }
  QAction* twin = twinDock_->toggleViewAction();
  twin->setObjectName("twinDockToggle");
  twin->setShortcut(QKeySequence(QString("Ctrl+%1").arg(number)));
  panels->addAction(twin);
  panels->addSeparator();
  panels
      ->addAction(tr("&Reset layout"), this,
                  [this] {
                    work_->restoreState(defaultState_);
                    defaultLayout();
                  })
      ->setObjectName("actionResetLayout");
  view->addSeparator();
  view->addActions(canvas_->viewActions());
  view->addSeparator();
  QMenu* themes = view->addMenu(tr("&Theme"));
  auto* group = new QActionGroup(this);
  const std::pair<ThemeMode, QString> modes[] = {
      {ThemeMode::System, tr("&System")}, {ThemeMode::Light, tr("&Light")}, {ThemeMode::Dark, tr("&Dark")}};
  for (const auto& [mode, label] : modes) {
    QAction* action = themes->addAction(label);
    action->setObjectName(QString("actionTheme%1").arg(static_cast<int>(mode)));
    action->setCheckable(true);
    action->setChecked(Theme::instance().mode() == mode);
    group->addAction(action);
    connect(action, &QAction::triggered, this, [chosen = mode] { Theme::instance().setMode(chosen); });
  }
  workMenus_ = {edit, panels};
  trainingMenu_ = training;
  defaultState_ = work_->saveState();

  QMenu* help = menuBar()->addMenu(tr("&Help"));
  QAction* layerHelp = help->addAction(tr("Selected &layer"), this, &MainWindow::showLayerHelp);
  layerHelp->setObjectName("actionLayerHelp");
  layerHelp->setShortcut(QKeySequence("F1"));
  layerHelp->setEnabled(false);
  connect(&document_, &ProjectDocument::selectionChanged, layerHelp,
          [this, layerHelp] { layerHelp->setEnabled(document_.selectedLayers().size() == 1); });
  QAction* shortcuts = help->addAction(tr("&Keyboard shortcuts"), this, &MainWindow::showShortcuts);
  shortcuts->setObjectName("actionShortcuts");
  shortcuts->setShortcut(QKeySequence("Ctrl+F1"));
  QAction* devices = help->addAction(tr("&Devices…"), this, &MainWindow::showDevices);
  devices->setObjectName("actionDevices");
  QAction* cards = help->addAction(tr("&Choosing a GPU…"), this, &MainWindow::showCards);
  cards->setObjectName("actionCards");
  QAction* setup = help->addAction(tr("&Setting up a GPU…"), this, &MainWindow::showGpuSetup);
  setup->setObjectName("actionGpuSetup");
  QAction* about = help->addAction(tr("&About Tandem"), this, &MainWindow::showAbout);
  about->setObjectName("actionAbout");
  about->setMenuRole(QAction::AboutRole);
}

void MainWindow::buildToolBar() {
  toolBar_ = addToolBar(tr("Toolbar"));
  toolBar_->setObjectName("mainToolBar");
  toolBar_->setMovable(false);
  toolBar_->setContextMenuPolicy(Qt::PreventContextMenu);
  toolBar_->setToolButtonStyle(Qt::ToolButtonFollowStyle);
  const int size = fontMetrics().height() + 4;
  toolBar_->setIconSize({size, size});
  toolBar_->addActions({newAction_, openAction_, saveAction_});
  toolBar_->addSeparator();
  toolBar_->addActions({undoAction_, redoAction_});
  toolBar_->addSeparator();
  devicePicker_ = new DevicePicker(document_, toolBar_);
  devicePicker_->setObjectName("devicePicker");
  connect(devicePicker_, &DevicePicker::opened, this, &MainWindow::refreshDevices);
  toolBar_->addWidget(devicePicker_);
  toolBar_->addActions({trainAction_, pauseAction_, stepAction_, stopAction_, twinAction_});
  auto* rate = new QWidget(toolBar_);
  auto* row = new QHBoxLayout(rate);
  row->setContentsMargins(8, 0, 0, 0);
  auto* caption = new QLabel(tr("&Rate"), rate);  // short: a paused run needs the width for its buttons
  rateBox_ = new NumberBox(NumberBox::Real, rate);
  rateBox_->setRange(1e-12, 1000);
  rateBox_->setFixedWidth(fontMetrics().horizontalAdvance('m') * 9);
  describe(rateBox_, "runLearningRate", tr("Learning rate"),
           tr("Base learning rate of the current run; its schedule scales it. The project is not changed."));
  caption->setBuddy(rateBox_);
  row->addWidget(caption);
  row->addWidget(rateBox_);
  rateAction_ = toolBar_->addWidget(rate);
  connect(rateBox_, &NumberBox::valueChanged, &controller_, &TrainController::setLearningRate);
  for (QAction* action : {trainAction_, pauseAction_, stepAction_, stopAction_, twinAction_}) {
    action->setPriority(QAction::HighPriority);
  }
  for (QAction* action : {newAction_, openAction_, saveAction_, undoAction_, redoAction_}) {
    action->setPriority(QAction::LowPriority);  // icon only, even with ToolButtonTextBesideIcon
  }
  toolBar_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
}

void MainWindow::updateUndo() {
  const QUndoStack& edits = *document_.undoStack();
  const bool runs = runs_->canRestore();
  const QString what = runs ? tr("Delete runs") : edits.undoText();
  undoAction_->setText(what.isEmpty() ? tr("Undo") : tr("Undo %1").arg(what));
  undoAction_->setEnabled(stack_->currentWidget() == work_ && (runs || edits.canUndo()));
}

void MainWindow::updateActions() {
  if (exportAction_ == nullptr || toolBar_ == nullptr) return;
  const bool work = stack_->currentWidget() == work_;
  const bool busy = controller_.busy();
  const bool twin = twins_.busy();
  for (QMenu* menu : workMenus_) menu->setEnabled(work);
  trainingMenu_->setEnabled(work || busy);
  toolBar_->setVisible(work || busy);  // a run can be paused and stopped on the welcome page, too
  updateUndo();
  for (QAction* action : canvas_->viewActions()) action->setVisible(work);
  saveAction_->setEnabled(work);
  saveAsAction_->setEnabled(work);
  welcomeAction_->setEnabled(work || replacements_ > 0);
  welcomeAction_->setText(work || replacements_ == 0 ? tr("&Welcome page") : tr("&Back to the project"));
  const auto exported = work ? runToExport() : std::nullopt;
  exportAction_->setEnabled(exported.has_value());
  exportAction_->setToolTip(exported ? tr("Export the weights of %1").arg(toQString(exported->name))
                                     : tr("Train first, or select a run with weights in the list of runs"));
  trainAction_->setEnabled(controller_.paused() || (work && !twin && !busy));
  trainAction_->setText(controller_.paused() ? tr("Con&tinue") : tr("&Train"));
  pauseAction_->setEnabled(controller_.training());
  pauseAction_->setChecked(controller_.paused());
  stepAction_->setEnabled(controller_.paused() || (work && !twin && !busy));
  evaluateAction_->setEnabled(work);
  tryAction_->setEnabled(work);
  twinAction_->setEnabled(work && !busy);
  crossoverAction_->setEnabled(work && !busy);
  twinAction_->setToolTip(
      busy   ? tr("Wait for the current run to finish; training at the same time would distort the timings")
      : twin ? tr("Show the twin run in progress (Ctrl+T)")
             : tr("Compare this network side by side across devices or settings (Ctrl+T)"));
  stopAction_->setEnabled(busy && controller_.status().phase != TrainController::Phase::Ending);
  devicePicker_->setEnabled(!busy);
  rateAction_->setVisible(controller_.training());
  inspector_->setLocked(busy);
}

void MainWindow::showAbout() {
  refreshDevices();
  showAboutDialog(this, devices_);
}

void MainWindow::showDevices() {
  refreshDevices();
  DevicesDialog dialog(DeviceRegistry::instance().slots(), this);
  dialog.exec();
}

void MainWindow::showCards() {
  if (cardsDialog_ == nullptr) cardsDialog_ = new CardsDialog(document_, this);
  cardsDialog_->show();
  cardsDialog_->raise();
  cardsDialog_->activateWindow();
}

void MainWindow::showGpuSetup() {
  showGpuSetupDialog(this, DeviceRegistry::instance().slots());
}

void MainWindow::showLayerHelp() {
  docks_[1]->show();  // it may be closed
  inspector_->showHelp();
}

void MainWindow::showShortcuts() {
  showShortcutsDialog(this, menuBar()->actions());
}

}  // namespace tandem::ui
