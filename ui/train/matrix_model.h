// MatrixModel: a confusion matrix as a table, coloured by the share of each cell.
#pragma once

#include <QAbstractTableModel>

#include "core/runtime/plan.h"

namespace tandem::ui {

// What the cells show.
enum class MatrixUnit : std::uint8_t { Samples, ShareOfTrue, ShareOfPredicted };

class MatrixModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  explicit MatrixModel(QObject* parent = nullptr);

  // counts: by true and predicted class, one row and column for each of the classes.
  void setMatrix(const std::vector<std::string>& classes, const ClassCounts& counts);
  void setUnit(MatrixUnit unit);

  int rowCount(const QModelIndex& parent = {}) const override;  // true classes
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::int64_t count(int row, int column) const;
  double share(int row, int column) const;  // of what the unit says; of the true class for counts
  QString tip(int row, int column) const;

  std::vector<std::string> classes_;
  ClassCounts counts_;
  std::vector<std::int64_t> samples_, predicted_;  // of each class
  MatrixUnit unit_ = MatrixUnit::Samples;
};

}  // namespace tandem::ui
