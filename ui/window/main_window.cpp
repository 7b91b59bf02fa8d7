#include "ui/window/main_window.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QCloseEvent>
#include <QDialog>
#include <QDockWidget>
#include <QLabel>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QScreen>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolBar>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "core/network/repeat.h"
#include "core/runtime/registry.h"
#include "ui/editor/layer_palette.h"
#include "ui/editor/network_view.h"
#include "ui/editor/problems_panel.h"
#include "ui/inspector/inspector_panel.h"
#include "ui/runs/runs_panel.h"
#include "ui/theme/icons.h"
#include "ui/train/device_picker.h"
#include "ui/train/live_plots.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/message_bar.h"
#include "ui/window/welcome_page.h"

namespace tandem::ui {
namespace {

constexpr int kWidth = 1280, kHeight = 800;

}  // namespace

MainWindow::MainWindow(RunStore& store)
    : store_(store), controller_(store), twins_(store, TwinStore(store.folder() / "twins")) {
  setObjectName("mainWindow");
  setAcceptDrops(true);
  deviceSource_ = [] { return DeviceRegistry::instance().devices(); };
  auto* centre = new QWidget(this);
  auto* layout = new QVBoxLayout(centre);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  messages_ = new MessageBar(centre);
  runBar_ = new MessageBar(centre);
  runBar_->setObjectName("runBar");
  runBar_->pin();
  stack_ = new QStackedWidget(centre);
  stack_->setObjectName("pages");
  welcome_ = new WelcomePage(stack_);
  buildWork();
  stack_->addWidget(welcome_);
  stack_->addWidget(work_);
  layout->addWidget(runBar_);
  layout->addWidget(messages_);
  layout->addWidget(stack_, 1);
  setCentralWidget(centre);

  buildActions();
  buildMenus();
  buildToolBar();

  stateLabel_ = new QLabel(this);
  stateLabel_->setObjectName("stateLabel");
  rateLabel_ = new QLabel(this);
  rateLabel_->setObjectName("rateLabel");
  progress_ = new QProgressBar(this);
  progress_->setObjectName("trainProgress");
  progress_->setRange(0, 1000);
  progress_->setTextVisible(false);
  progress_->setMaximumHeight(fontMetrics().height());
  progress_->setFixedWidth(fontMetrics().horizontalAdvance('m') * 16);
  statusBar()->addWidget(stateLabel_);
  statusBar()->addPermanentWidget(rateLabel_);
  statusBar()->addPermanentWidget(progress_);

  connect(welcome_, &WelcomePage::backRequested, this, &MainWindow::showWork);
  connect(welcome_, &WelcomePage::newRequested, this, &MainWindow::newProject);
  connect(welcome_, &WelcomePage::dataRequested, this, &MainWindow::newFromData);
  connect(welcome_, &WelcomePage::openRequested, this, &MainWindow::openDialog);
  connect(welcome_, &WelcomePage::templateChosen, this, &MainWindow::openTemplate);
  connect(welcome_, &WelcomePage::fileChosen, this, &MainWindow::openFile);
  connect(welcome_, &WelcomePage::recoverChosen, this, &MainWindow::recover);
  connect(welcome_, &WelcomePage::discardChosen, this, &MainWindow::discardRecovery);
  connect(&document_, &ProjectDocument::fileChanged, this, &MainWindow::updateTitle);
  connect(&document_, &ProjectDocument::aboutChanged, this, &MainWindow::updateTitle);
  connect(&document_, &ProjectDocument::projectReplaced, this, [this] {
    ++replacements_;
    messages_->leave(MessageBar::About::Project);
  });
  for (const auto changed :
       {&ProjectDocument::networkChanged, &ProjectDocument::trainingChanged, &ProjectDocument::dataChanged}) {
    connect(&document_, changed, this, [this] {
      messages_->leave(MessageBar::About::Problem);
      updateRunBar();
    });
  }
  connectTraining();
  qApp->installEventFilter(this);
  exports_.setMaxThreadCount(1);  // one file after another

  refreshDevices();
  restoreLayout();
  updateRecent();
  welcome_->setRecoverable(ProjectDocument::recoverable());
  runs_->refresh();
  showWelcome();
  updateStatus();
}

MainWindow::~MainWindow() {
  // Being hidden, views read models whose documents are members of the window or of a dialog's owner. The base class would
  // hide and delete them after the members.
  for (QDialog* dialog : findChildren<QDialog*>(QString(), Qt::FindDirectChildrenOnly)) delete dialog;
  hide();
}

void MainWindow::buildWork() {
  work_ = new QMainWindow(stack_);
  work_->setWindowFlags(Qt::Widget);  // otherwise, a QMainWindow is a top-level window
  work_->setObjectName("workView");
  work_->setDockNestingEnabled(true);
  work_->setContextMenuPolicy(Qt::NoContextMenu);  // the View menu lists the docks
  canvas_ = new NetworkView(document_, work_);
  canvas_->setObjectName("canvas");
  work_->setCentralWidget(canvas_);

  auto* palette = new LayerPalette(document_, this);
  addDock("paletteDock", tr("Layers"), palette, Qt::LeftDockWidgetArea);
  connect(palette, &LayerPalette::refused, canvas_, &NetworkView::showMessage);
  connect(palette, &LayerPalette::left, canvas_, qOverload<>(&QWidget::setFocus));

  inspector_ = new InspectorPanel(document_, this);
  addDock("inspectorDock", tr("Inspector"), inspector_, Qt::RightDockWidgetArea);

  plots_ = new LivePlots(this);
  QDockWidget* plotsDock = addDock("plotsDock", tr("Plots"), plots_, Qt::BottomDockWidgetArea);
  runs_ = new RunsPanel(store_, this);
  QDockWidget* runsDock = addDock("runsDock", tr("Runs"), runs_, Qt::BottomDockWidgetArea);
  auto* problems = new ProblemsPanel(document_, this);
  QDockWidget* problemsDock = addDock("problemsDock", tr("Problems"), problems, Qt::BottomDockWidgetArea);
  work_->splitDockWidget(plotsDock, runsDock, Qt::Horizontal);
  work_->tabifyDockWidget(runsDock, problemsDock);
  runsDock->raise();
  connect(problems, &ProblemsPanel::countChanged, problemsDock, [problemsDock](int count) {
    problemsDock->setWindowTitle(count == 0 ? tr("Problems") : tr("Problems (%1)").arg(count));
  });
  connect(problems, &ProblemsPanel::refused, canvas_, &NetworkView::showMessage);
  buildTwin();
}

QDockWidget* MainWindow::addDock(const QString& name, const QString& title, QWidget* widget,
                                 Qt::DockWidgetArea area) {
  auto* dock = new QDockWidget(title, work_);
  dock->setObjectName(name);
  dock->setWidget(widget);
  work_->addDockWidget(area, dock);
  docks_.push_back(dock);
  return dock;
}

void MainWindow::defaultLayout() {
  const int em = fontMetrics().horizontalAdvance('m');
  const int wide = std::max(width(), em * 80);
  for (QDockWidget* dock : docks_) dock->show();
  work_->resizeDocks(
      {docks_[0], docks_[1]},
      {std::max(wide / 7, docks_[0]->widget()->sizeHint().width()), std::clamp(wide / 4, em * 22, em * 32)},
      Qt::Horizontal);
  work_->resizeDocks({docks_[2], docks_[3]}, {wide * 56 / 100, wide * 44 / 100}, Qt::Horizontal);
  work_->resizeDocks({docks_[2]}, {std::max(em * 18, height() * 36 / 100)}, Qt::Vertical);
  docks_[3]->raise();
}

void MainWindow::restoreLayout() {
  const QSettings settings;
  if (!restoreGeometry(settings.value("window/geometry").toByteArray())) {
    const QRect available = screen()->availableGeometry();
    resize(std::max(kWidth, available.width() * 8 / 10), std::max(kHeight, available.height() * 85 / 100));
    move(available.center() - QPoint(width() / 2, height() / 2));
    // The window is maximized where it would not fit on the screen with its frame.
    if (available.width() <= kWidth || available.height() < kHeight + 2 * fontMetrics().height()) {
      setWindowState(Qt::WindowMaximized);
    }
  }
  layoutPending_ = settings.value("window/layout").toByteArray();
}

void MainWindow::saveLayout() {
  QSettings settings;
  settings.setValue("window/geometry", saveGeometry());
  // Without its size, the work view would store wrong sizes of its panels.
  if (!layoutPending_) settings.setValue("window/layout", work_->saveState(kLayoutVersion));
}

void MainWindow::showWelcome() {
  if (stack_->currentWidget() == welcome_ && replacements_ > 0) {
    showWork();
    return;
  }
  stack_->setCurrentWidget(welcome_);
  welcome_->setOpenProject(replacements_ > 0 ? document_.title() : QString());
  updateActions();
  updateTitle();
  updateRunBar();
}

void MainWindow::showWork() {
  stack_->setCurrentWidget(work_);
  if (layoutPending_) {
    // When the work view has its size: panels cannot get theirs before.
    QTimer::singleShot(0, this, [this] {
      if (!layoutPending_) return;
      const QByteArray stored = *std::exchange(layoutPending_, std::nullopt);
      if (!work_->restoreState(stored, kLayoutVersion)) defaultLayout();
    });
  }
  canvas_->setFocus();
  updateActions();
  updateTitle();
  updateRunBar();
}

// A field that has nothing to undo leaves Ctrl+Z to the window.
bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Resize && twinDock_->isHidden() && hiddenForTwin_.empty() &&
      std::find(docks_.begin(), docks_.end(), watched) != docks_.end())
    panelSizes_[watched] = static_cast<QResizeEvent*>(event)->size();
  if (event->type() != QEvent::ShortcutOverride) return QMainWindow::eventFilter(watched, event);
  auto* widget = qobject_cast<QWidget*>(watched);
  const auto* key = static_cast<QKeyEvent*>(event);
  const bool undo = key->matches(QKeySequence::Undo), redo = key->matches(QKeySequence::Redo);
  if ((!undo && !redo) || widget == nullptr || widget->window() != this) return false;
  const auto* line = qobject_cast<QLineEdit*>(widget);
  if (qobject_cast<QAbstractSpinBox*>(widget) != nullptr) line = widget->findChild<QLineEdit*>();
  const auto* text = qobject_cast<QPlainTextEdit*>(widget);
  const auto* cell = widget->parentWidget() != nullptr
                         ? qobject_cast<QAbstractItemView*>(widget->parentWidget()->parentWidget())
                         : nullptr;
  if ((line == nullptr && text == nullptr) || cell != nullptr) return false;
  const bool own = line != nullptr
                       ? (undo ? line->isUndoAvailable() : line->isRedoAvailable())
                       : (undo ? text->document()->isUndoAvailable() : text->document()->isRedoAvailable());
  if (own) return false;
  event->ignore();
  return true;
}

void MainWindow::updateTitle() {
  QString title = tr("Tandem");
  if (stack_->currentWidget() == work_) {
    // [*] is where Qt puts the mark of unsaved changes.
    title = tr("%1[*] – Tandem").arg(document_.title());
    if (twins_.running()) {
      title = tr("Twin run %1% – %2").arg(static_cast<int>(twins_.progress() * 100)).arg(title);
    }
    if (controller_.busy()) {
      const int percent = static_cast<int>(controller_.status().progress * 100);
      if (controller_.training()) title = tr("%1% – %2").arg(percent).arg(title);
    }
  }
  setWindowTitle(title);
  setWindowModified(stack_->currentWidget() == work_ && document_.isDirty());
}

void MainWindow::showError(const Error& error) {
  // The name of the layer precedes any '/': "conv1/kernel".
  const std::string layer = error.where.substr(0, error.where.find('/'));
  const auto found = drawnLayer(document_.network(), layer);
  if (!found) {
    messages_->showError(error);
    return;
  }
  messages_->showError(error, tr("Show layer"), [this, id = *found] {
    showWork();
    canvas_->reveal(id);
  });
}

void MainWindow::showWarning(const Error& error) {
  messages_->showError(error, {}, {}, MessageBar::Kind::Warning);
  messages_->setAbout(MessageBar::About::Window);
}

void MainWindow::closeEvent(QCloseEvent* event) {
  CommittedText::commitFocused();
  if (busy() && !closeWhenStopped_) {
    QMessageBox question(QMessageBox::Question, tr("Training in progress"), closeQuestion(),
                         QMessageBox::NoButton, this);
    question.setObjectName("stopQuestion");
    question.setInformativeText(controller_.busy()
                                    ? tr("A checkpoint will be written, so the run can be resumed later.")
                                    : tr("The results so far will be saved."));
    QPushButton* stop = question.addButton(tr("Stop and close"), QMessageBox::AcceptRole);
    question.addButton(tr("Keep training"), QMessageBox::RejectRole);
    question.setDefaultButton(stop);
    question.exec();
    if (question.clickedButton() != stop) {
      event->ignore();
      return;
    }
  }
  if ((!busy() && !confirmUnsavedWeights([this] { close(); })) || !confirmDiscard()) {
    event->ignore();
    closeWhenStopped_ = false;
    restart_.reset();
    return;
  }
  if (busy()) {
    // The window stays open and responsive until the checkpoints are written.
    closeWhenStopped_ = true;
    if (controller_.busy()) controller_.stop();
    if (twins_.busy()) twins_.stop();
    event->ignore();
    return;
  }
  twinDock_->hide();  // the layout is saved without the twin view
  QCoreApplication::processEvents(
      QEventLoop::ExcludeUserInputEvents);  // the other panels get their sizes back
  saveLayout();
  event->accept();
}

}  // namespace tandem::ui
