// ScoresModel: precision, recall and F1 score of each class, and of a segmentation its intersection over union.
#pragma once

#include <QAbstractTableModel>

#include "core/train/evaluation.h"

namespace tandem::ui {

class ScoresModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  static constexpr int kSortRole = Qt::UserRole;
  enum Column { Class, Samples, Precision, Recall, F1, Iou, ColumnCount };

  explicit ScoresModel(QObject* parent = nullptr);

  void setIouShown(bool shown);
  void setScores(std::vector<ClassScore> scores);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::vector<ClassScore> scores_;
  bool iou_ = false;
};

}  // namespace tandem::ui
