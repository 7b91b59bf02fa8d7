// RunsPanel: the list of runs, with a search by words and state and actions to overlay, edit, delete, restore,
// export, import, report, resume and verify them.
#pragma once

#include <QThreadPool>
#include <QWidget>
#include <functional>
#include <memory>
#include <optional>

#include "core/runtime/backend.h"
#include "ui/models/runs_model.h"
#include "ui/runs/run_verifier.h"
#include "ui/runs/runs_filter.h"

class QAction;
class QComboBox;
class QLabel;
class QLineEdit;
class QMenu;
class QProgressBar;
class QStackedWidget;
class QTableView;

namespace tandem::ui {

class MessageBar;

class RunsPanel : public QWidget {
  Q_OBJECT

 public:
  RunsPanel(RunStore& store, QWidget* parent = nullptr);

  RunsModel& model() { return model_; }
  void refresh();
  void setLiveRun(std::int64_t id);
  // While a run trains, it cannot be deleted, and no run can be resumed or verified. 0: none.
  void setTrainingRun(std::int64_t id);
  void setPaused(bool paused) { model_.setPaused(paused); }  // the run in training
  std::optional<RunSummary> selected() const;                // exactly one
  // The last deletion, until forgetDeletion().
  bool canRestore() const { return !deleted_.empty(); }
  void restoreDeleted() { restore(deleted_); }
  void forgetDeletion();
  // The devices on which a run can be resumed.
  void setDevices(const std::vector<DeviceInfo>& devices);
  // Imports run files in the background and selects the new runs.
  void importFiles(const QStringList& files);

 Q_SIGNALS:
  void exportRequested(const tandem::RunSummary& run, tandem::Weights which);
  void evaluateRequested(const tandem::RunSummary& run);
  void tryRequested(const tandem::RunSummary& run);
  void resumeRequested(const tandem::RunSummary& run);
  void resumeOnRequested(const tandem::RunSummary& run, const QString& device);
  void openRequested(const tandem::RunSummary& run);
  void startFromRequested(const tandem::RunSummary& run);  // from its weights
  void failed(const tandem::Error& error);
  void selectionChanged();
  void deletionChanged();  // see canRestore()

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  // runs_panel.cpp
  void buildTable();
  QLayout* buildSearch();
  QLayout* buildProgress();
  void updateActions();
  void updateStack();
  std::vector<RunSummary> allSelected() const;
  // The selected runs. The checked runs if no row is selected, or only the row of a checked run, since a
  // click on its check box selects it.
  std::vector<RunSummary> forReport() const;
  void select(const std::vector<std::int64_t>& ids);
  // runs_panel_actions.cpp
  void buildActions();
  void edit(int column);
  void compareSelected();
  void deleteSelected();
  void restore(const std::vector<std::int64_t>& ids);
  void restoreAll();
  void emptyTrash();
  void chooseImport();
  void saveRecord();
  void saveReport();
  void write(const std::function<Status()>& job, const std::function<void()>& onSuccess);
  void verifySelected();
  void showVerdict(const RunSummary& run, const Result<Verdict>& verdict);

  RunStore& store_;
  RunsModel model_;
  RunsFilter filter_;
  RunVerifier verifier_;
  std::int64_t training_ = 0;
  std::vector<RunSummary> trash_;
  std::vector<std::int64_t> deleted_;  // last, to be restored by Undo
  QStackedWidget* stack_;
  QLabel* emptyLabel_;
  QTableView* table_;
  int nameWidth_ = 0;  // last automatic width of the column; differs from it if the user has resized it
  QLineEdit* search_;
  QComboBox* state_;
  QWidget* progress_;  // of the verification
  QLabel* progressText_;
  QProgressBar* progressBar_;
  MessageBar* notice_;   // deleted, imported
  MessageBar* verdict_;  // of the verification
  QAction *compare_, *evaluate_, *try_, *resume_, *startFrom_, *open_, *verify_, *delete_, *import_;
  QAction *rename_, *tags_, *notes_, *export_, *exportLast_, *saveRecord_, *report_, *restore_, *empty_;
  QMenu* resumeOn_;    // an action for each device
  QThreadPool files_;  // last member: its destructor waits for tasks that use the others
};

// The last checkpoint of the run; empty if there is none.
std::filesystem::path weightsOf(const RunSummary& run);

// Why the run cannot be resumed from a checkpoint; empty if it can.
QString resumeRefusal(const RunSummary& run);

}  // namespace tandem::ui
