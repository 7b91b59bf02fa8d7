// RunsModel: the recorded runs as a table, newest first. Names, tags and notes can be edited. A tick in the
// first column overlays the run's curves on the plots; each ticked run has a separate colour.
#pragma once

#include <QAbstractTableModel>
#include <map>
#include <vector>

#include "core/runs/run_store.h"

namespace tandem::ui {

class RunsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  // The sort key of a column: numbers and dates instead of their text.
  static constexpr int kSortRole = Qt::UserRole;
  enum Column { Name, State, Epochs, Loss, Metric, Speed, Device, Started, Tags, Notes, ColumnCount };

  explicit RunsModel(RunStore& store, QObject* parent = nullptr);

  // Reads the run store again; preserves ticks and selection of the runs that still exist.
  Status refresh();
  const std::vector<RunSummary>& runs() const { return runs_; }
  const RunSummary* runAt(int row) const;
  int rowOf(std::int64_t id) const;  // -1: none
  // The text of the cell.
  static QString text(const RunSummary& run, int column);
  // Ticked runs and their colours (indices into Theme::curve), in the order of the table.
  std::vector<std::pair<std::int64_t, int>> ticked() const;
  // Ticks these runs and no others.
  void setTicked(const std::vector<std::int64_t>& ids);
  // The run that the plots always show: colour 0, always ticked. 0: none.
  void setLiveRun(std::int64_t id);
  void setPaused(bool paused);  // the live run

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;

 Q_SIGNALS:
  void tickedChanged();
  void failed(const tandem::Error& error);

 private:
  void tick(std::int64_t id);
  Status store(const RunSummary& run, int column, const QString& text);
  QVariant sortKey(const RunSummary& run, int column) const;

  RunStore& store_;
  std::vector<RunSummary> runs_;
  std::map<std::int64_t, int> colors_;  // of ticked runs
  std::int64_t live_ = 0;
  bool paused_ = false;
};

}  // namespace tandem::ui
