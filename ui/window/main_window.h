// MainWindow: the only window of the lab. It shows the welcome page or the work view: palette, canvas and
// inspector, with plots, problems and runs below them.
#pragma once

#include <QMainWindow>
#include <QPointer>
#include <QThreadPool>
#include <QTimer>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/runs/run_store.h"
#include "ui/compare/twin_controller.h"
#include "ui/models/project_document.h"
#include "ui/train/train_controller.h"

class QDockWidget;
class QLabel;
class QProgressBar;
class QStackedWidget;
class QToolBar;

namespace tandem::ui {

class DevicePicker;
class InspectorPanel;
class LivePlots;
class MessageBar;
class NumberBox;
class NetworkView;
class RunsPanel;
class CardsDialog;
class CrossoverDialog;
class TwinDialog;
class TwinView;
class WelcomePage;
enum class Icon;

class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  // store: where runs are recorded; it must outlive the window.
  explicit MainWindow(RunStore& store);
  ~MainWindow() override;

  ProjectDocument& document() { return document_; }
  TrainController& controller() { return controller_; }
  TwinController& twins() { return twins_; }
  // Opens a project after asking about unsaved changes; false: the user cancelled, or it failed. A twin
  // record is read in the background and opens in the twin view; a run is imported; a model of another program becomes
  // a project.
  bool openFile(const QString& path);
  bool openTemplate(const QString& name);
  void showError(const Error& error);
  void showWarning(const Error& error);  // stays when a file is opened
  bool showProblem();                    // the first problem that prevents training; false: there is none
  void runFailed(const Error& error);
  void offerMemory(const Error& error, std::int64_t batch, bool onCpu);
  // Resumes a recorded run from its last checkpoint, like the action of the list.
  void resumeRecorded(qint64 id);
  // The arguments of the program that shall be started once this window is closed, because a failed GPU can be used
  // only by another process.
  std::optional<QStringList> restart() const;
  // For tests; by default, the registry is asked each time the devices are shown.
  void setDevices(std::vector<DeviceInfo> devices);
  void setDeviceSource(std::function<std::vector<DeviceInfo>()> source);

 public Q_SLOTS:
  void newProject();
  void newFromData();  // asks for a table or a folder, and proposes a project for it
  void openDialog();
  bool save();
  bool saveAs();
  void train();  // starts a run, or continues a paused one
  void pauseOrResume();
  void stepOnce();
  void stopTraining();
  void exportWeights();  // of the selected run, or else of the last run of this window
  void evaluate();       // the selected run, or else the last run of this window, or a file
  void tryModel();  // the selected run, or else the one in training, the last one, or the initial weights
  void findCrossover();   // opens the dialog that finds from which batch size or width a side is faster
  void newTwin();         // asks what to compare; shows the running twin run instead, if there is one
  void openTwinRecord();  // asks for the file
  void showWelcome();     // or returns from there to the open project

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  static constexpr int kLayoutVersion = 3;  // a stored layout of another version is not restored

  // main_window.cpp
  void buildWork();
  QDockWidget* addDock(const QString& name, const QString& title, QWidget* widget, Qt::DockWidgetArea area);
  void defaultLayout();
  void restoreLayout();
  void saveLayout();
  void showWork();
  void updateTitle();
  // main_window_actions.cpp
  void buildActions();
  void buildMenus();
  void buildToolBar();
  QAction* addAction_(const QString& name, const QString& text, const QList<QKeySequence>& keys,
                      void (MainWindow::*slot)());
  void updateActions();
  void updateUndo();
  void updateIcons();
  void showAbout();
  void showDevices();
  void showCards();
  void showGpuSetup();
  void showShortcuts();
  void showLayerHelp();
  // main_window_files.cpp
  bool confirmDiscard();  // saves or discards unsaved changes; false: the user cancelled
  void remember(const QString& path);
  void updateRecent();
  void recover(const QString& recoveryFile);
  void discardRecovery(const QString& recoveryFile);
  // The project as the run trained it; shows the Error if it cannot be read.
  std::optional<Project> projectOf(const RunSummary& run);
  std::optional<RunSummary> runToExport() const;
  void exportRun(const RunSummary& run, Weights which);
  void evaluateRun(const RunSummary& run);
  void tryRun(const RunSummary& run);
  void offerNext(qint64 id, bool stopped, const QString& text, const QString& detail);
  void tryFile(const std::filesystem::path& model, const QString& title);
  void startFromRun(const RunSummary& run);
  void openRun(const RunSummary& run);
  // main_window_models.cpp
  bool openModel(const QString& path);
  // main_window_data.cpp
  void proposeFor(const QString& path);  // empty: asks for the path
  // main_window_weights.cpp
  void offerToSaveWeights(const Error& error);
  // Asks for a place and writes in the background; `then` is called once they are stored.
  void saveWeights(std::function<void()> then);
  void weightsSaved(const Status& result, const QString& path);
  // Saves or discards weights that are stored nowhere. false: the user cancelled, or they are being written, and `then`
  // is called once they are stored.
  bool confirmUnsavedWeights(std::function<void()> then);
  // main_window_training.cpp
  void connectTraining();
  void startRun(const std::shared_ptr<const Project>& project, std::optional<std::filesystem::path> resume,
                TrainController::StartMode mode);
  std::shared_ptr<const Project> namedProject() const;
  void resumeRun(const RunSummary& run);
  void resumeRunOn(const RunSummary& run, const QString& device);
  void refreshDevices();
  DeviceOptions onDevice(const DeviceOptions& options, const QString& device) const;
  // Label and action of a message's button that repeats the failed run on the CPU; nullopt if it was
  // trained there.
  std::optional<std::pair<QString, std::function<void()>>> cpuFallback();
  void closeAndRestart(qint64 resumed);
  void runStarted(qint64 id);
  void runEnded(qint64 id);
  // Says what trains if that is not what the window shows.
  void updateRunBar();
  void showTrainedProject();
  void showOverlays();
  void overlayRead(std::int64_t id, std::shared_ptr<RunSeries> series, const Result<RunCurves>& curves);
  void updateStatus();
  bool cpuSaturated(const DeviceOptions& device) const;

  // main_window_twin.cpp
  void buildTwin();
  void twinViewOpened();
  void twinViewClosed();
  void twinChanged();
  void twinEnded();
  void showTwinView();
  bool busy() const { return controller_.busy() || twins_.busy(); }
  QString closeQuestion() const;

  RunStore& store_;
  ProjectDocument document_;
  TrainController controller_;
  std::shared_ptr<const Project> lastProject_;  // of the last run started; to continue it on another device
  TwinController twins_;
  bool closeWhenStopped_ = false;
  std::optional<qint64> restart_;  // the run that the other process resumes; 0: none
  // The state of the document's replacements at which it was the project in training; -1: never.
  int replacements_ = 0, trainedReplacement_ = -1;
  QString trainedPath_;
  TrainController::Phase barPhase_ = TrainController::Phase::Idle;  // last shown by updateRunBar()
  std::int32_t listedEpoch_ = 0;  // epoch of the current run as shown in the list
  QTimer listTimer_;
  QTimer overlayTimer_;  // collects runs that arrive together, to draw them once
  std::function<std::vector<DeviceInfo>()> deviceSource_;
  std::vector<DeviceInfo> devices_;  // as last shown

  MessageBar* messages_ = nullptr;
  MessageBar* runBar_ = nullptr;
  QStackedWidget* stack_ = nullptr;
  WelcomePage* welcome_ = nullptr;
  QMainWindow* work_ = nullptr;  // canvas and docks
  NetworkView* canvas_ = nullptr;
  InspectorPanel* inspector_ = nullptr;
  LivePlots* plots_ = nullptr;
  RunsPanel* runs_ = nullptr;
  TwinView* twinView_ = nullptr;
  QDockWidget* twinDock_ = nullptr;
  std::vector<QDockWidget*> hiddenForTwin_;  // shown again when the twin view is closed
  QPointer<TwinDialog> twinDialog_;
  QPointer<CrossoverDialog> crossoverDialog_;
  QPointer<CardsDialog> cardsDialog_;
  DevicePicker* devicePicker_ = nullptr;
  QToolBar* toolBar_ = nullptr;
  NumberBox* rateBox_ = nullptr;   // learning rate of the current run
  QAction* rateAction_ = nullptr;  // shows and hides rateBox_
  std::vector<QDockWidget*> docks_;
  QByteArray defaultState_;
  std::optional<QByteArray>
      layoutPending_;  // to be applied once the work view has its size; empty: the default
  std::map<const QObject*, QSize> panelSizes_;  // last sizes of docks_ beside no twin view

  QLabel* stateLabel_ = nullptr;
  QLabel* rateLabel_ = nullptr;
  QProgressBar* progress_ = nullptr;

  QAction* newAction_ = nullptr;
  QAction* newDataAction_ = nullptr;
  QAction* openAction_ = nullptr;
  QAction* saveAction_ = nullptr;
  QAction* saveAsAction_ = nullptr;
  QAction* exportAction_ = nullptr;
  QAction* welcomeAction_ = nullptr;
  QAction* quitAction_ = nullptr;
  QAction* undoAction_ = nullptr;
  QAction* redoAction_ = nullptr;
  QAction* trainAction_ = nullptr;
  QAction* pauseAction_ = nullptr;
  QAction* stepAction_ = nullptr;
  QAction* stopAction_ = nullptr;
  QAction* evaluateAction_ = nullptr;
  QAction* tryAction_ = nullptr;
  QAction* twinAction_ = nullptr;
  QAction* crossoverAction_ = nullptr;
  QAction* openTwinAction_ = nullptr;
  QMenu* recentMenu_ = nullptr;
  QMenu* trainingMenu_ = nullptr;
  std::vector<QMenu*> workMenus_;  // disabled on the welcome page

  std::map<std::int64_t, std::shared_ptr<RunSeries>> overlays_;  // checked runs; nullptr: being read
  // Last members: their destructors wait for tasks that use the others.
  bool savingWeights_ = false;
  std::function<void()> afterSaving_;  // what waits for the weights to be saved
  QThreadPool readers_, exports_;
};

}  // namespace tandem::ui
