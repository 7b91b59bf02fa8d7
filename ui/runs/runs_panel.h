// RunsPanel: the list of runs with what can be done to one: overlay, rename, delete, export, resume,
// open its project.
#pragma once

#include <QWidget>
#include <memory>
#include <optional>

#include "ui/models/runs_model.h"

class QAction;
class QSortFilterProxyModel;
class QStackedWidget;
class QTableView;

namespace tandem::ui {

class RunsPanel : public QWidget {
  Q_OBJECT

 public:
  RunsPanel(RunStore& store, QWidget* parent = nullptr);

  RunsModel& model() { return model_; }
  void refresh();
  void setLiveRun(std::int64_t id);
  // While a run trains, no other can be resumed and it cannot be deleted.
  void setTrainingRun(std::int64_t id);

 Q_SIGNALS:
  void exportRequested(const tandem::RunSummary& run);
  void resumeRequested(const tandem::RunSummary& run);
  void openRequested(const tandem::RunSummary& run);
  void failed(const tandem::Error& error);

 private:
  void updateActions();
  std::optional<RunSummary> selected() const;  // exactly one
  std::vector<RunSummary> allSelected() const;
  void deleteSelected();

  RunStore& store_;
  RunsModel model_;
  std::int64_t training_ = 0;
  QStackedWidget* stack_;
  QTableView* table_;
  QSortFilterProxyModel* sorted_;
  QAction* resume_;
  QAction* export_;
  QAction* open_;
  QAction* rename_;
  QAction* delete_;
};

// The last checkpoint of the run; empty when there is none.
std::filesystem::path weightsOf(const RunSummary& run);

// Why the run cannot go on from a checkpoint; empty when it can.
QString resumeRefusal(const RunSummary& run);

}  // namespace tandem::ui
