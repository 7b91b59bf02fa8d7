// SidesModel: one column for each side of a twin run, with rows for its state, loss, times, speed-up with
// range, and memory; for a race also energy, and the effort to reach a target loss.
#pragma once

#include <QAbstractTableModel>
#include <memory>

#include "ui/compare/twin_view_model.h"

namespace tandem::ui {

class SidesModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Row {
    State,
    Step,
    Loss,
    StepTime,
    Forecast,
    Quartiles,
    Speed,
    Samples,
    Forward,
    Backward,
    Update,
    DataWait,
    Transfer,
    Telemetry,
    Memory,
    Metric,
    Energy,  // this row and the following: only for a race
    Utilization,
    TargetStep,
    TargetTime,
    TargetEnergy,
    TargetCost,
    RowCount
  };

  explicit SidesModel(QObject* parent = nullptr);

  void setViewModel(std::shared_ptr<const TwinViewModel> viewModel);
  void refresh();  // to be called when the view model has changed

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  QString text(int row, std::size_t side) const;
  QString targetText(int row, std::size_t side) const;
  QString tip(int row, std::size_t side) const;
  void reachTarget();

  std::shared_ptr<const TwinViewModel> viewModel_;
  std::optional<double> target_;
  std::vector<std::optional<TargetReach>> reached_;  // by side
};

}  // namespace tandem::ui
