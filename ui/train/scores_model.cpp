#include "ui/train/scores_model.h"

#include <QLocale>
#include <QTextDocument>
#include <array>
#include <cmath>

#include "ui/models/format.h"

namespace tandem::ui {
namespace {

double valueOf(const ClassScore& score, int column) {
  switch (column) {
    case ScoresModel::Samples:
      return static_cast<double>(score.samples);
    case ScoresModel::Precision:
      return score.precision();
    case ScoresModel::Recall:
      return score.recall();
    case ScoresModel::Iou:
      return score.iou();
    default:
      return score.f1();
  }
}

}  // namespace

ScoresModel::ScoresModel(QObject* parent) : QAbstractTableModel(parent) {}

void ScoresModel::setIouShown(bool shown) {
  if (shown == iou_) return;
  beginResetModel();
  iou_ = shown;
  endResetModel();
}

void ScoresModel::setScores(std::vector<ClassScore> scores) {
  const bool same = scores.size() == scores_.size();
  if (!same) beginResetModel();
  scores_ = std::move(scores);
  if (!same)
    endResetModel();
  else if (!scores_.empty())
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

int ScoresModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(scores_.size());
}

int ScoresModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount - (iou_ ? 0 : 1);
}

QVariant ScoresModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount()) return {};
  const ClassScore& score = scores_[static_cast<std::size_t>(index.row())];
  const int column = index.column();
  const double value = valueOf(score, column);
  switch (role) {
    case Qt::DisplayRole:
      if (column == Class) return toQString(score.name);
      if (column == Samples) return wholeCountText(score.samples);
      return std::isnan(value) ? QString("-") : QLocale().toString(value, 'f', 3);
    case kSortRole:
      if (column == Class) return toQString(score.name);
      return std::isnan(value) ? 2.0 : value;  // unknown ones last when sorted by the worst
    case Qt::ToolTipRole:
      if (column == Class) return Qt::convertFromPlainText(toQString(score.name));
      return std::isnan(value) ? tr("Not defined: there are no such samples or predictions") : QVariant();
    case Qt::TextAlignmentRole:
      return QVariant(Qt::AlignVCenter | (column == Class ? Qt::AlignLeft : Qt::AlignRight));
    default:
      return {};
  }
}

QVariant ScoresModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
  const std::array<QString, ColumnCount> names{tr("Class"),  tr("Samples"), tr("Precision"),
                                               tr("Recall"), tr("F1"),      tr("IoU")};
  const std::array<QString, ColumnCount> tips{
      tr("The true class"),
      tr("Samples of the class"),
      tr("Of the samples predicted as the class, those that are"),
      tr("Of the samples of the class, those predicted as it"),
      tr("The harmonic mean of precision and recall"),
      tr("Intersection over union: the samples that are of the class and predicted as it, of those that are either")};
  const auto column = static_cast<std::size_t>(section);
  if (role == Qt::DisplayRole) return names[column];
  if (role == Qt::ToolTipRole) return tips[column];
  if (role == Qt::TextAlignmentRole)
    return QVariant(Qt::AlignVCenter | (section == Class ? Qt::AlignLeft : Qt::AlignRight));
  return {};
}

}  // namespace tandem::ui
