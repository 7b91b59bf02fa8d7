#include "ui/train/matrix_model.h"

#include <QColor>
#include <QLocale>
#include <QTextDocument>
#include <cmath>

#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

QString percentText(double share) {
  return QObject::tr("%1 %").arg(100 * share, 0, 'f', 1);
}

double ratio(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

// Of correct predictions and of others. Text remains readable on it.
QColor shade(double share, bool correct) {
  constexpr double kStrongest = 0.55;
  const QColor color = Theme::instance().curve(correct ? 0 : 1), surface = Theme::instance().colors().surface;
  const double weight = kStrongest * (correct ? share : std::sqrt(share));  // mistakes are few, but matter
  const auto mixed = [&](int a, int b) { return static_cast<int>(weight * a + (1 - weight) * b); };
  return {mixed(color.red(), surface.red()), mixed(color.green(), surface.green()),
          mixed(color.blue(), surface.blue())};
}

}  // namespace

MatrixModel::MatrixModel(QObject* parent) : QAbstractTableModel(parent) {}

void MatrixModel::setMatrix(const std::vector<std::string>& classes, const ClassCounts& counts) {
  const bool same = classes == classes_;
  if (!same) beginResetModel();
  const std::size_t size = classes.size();
  classes_ = classes;
  counts_ = counts;
  counts_.resize(size * size);
  samples_.assign(size, 0);
  predicted_.assign(size, 0);
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    samples_[i / size] += counts_[i];
    predicted_[i % size] += counts_[i];
  }
  if (!same)
    endResetModel();
  else if (size > 0)
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

void MatrixModel::setUnit(MatrixUnit unit) {
  unit_ = unit;
  if (rowCount() > 0) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

int MatrixModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(classes_.size());
}

int MatrixModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(classes_.size());
}

std::int64_t MatrixModel::count(int row, int column) const {
  return counts_[static_cast<std::size_t>(row) * classes_.size() + static_cast<std::size_t>(column)];
}

double MatrixModel::share(int row, int column) const {
  return unit_ == MatrixUnit::ShareOfPredicted
             ? ratio(count(row, column), predicted_[static_cast<std::size_t>(column)])
             : ratio(count(row, column), samples_[static_cast<std::size_t>(row)]);
}

QString MatrixModel::tip(int row, int column) const {
  const auto t = static_cast<std::size_t>(row), p = static_cast<std::size_t>(column);
  const QString actual = toQString(classes_[t]), predicted = toQString(classes_[p]);
  const QString what = row == column ? tr("%1, predicted correctly").arg(actual)
                                     : tr("%1, predicted as %2").arg(actual, predicted);
  return tr("%1: %2\n%3 of the samples of %4\n%5 of the predictions of %6")
      .arg(what, wholeCountText(count(row, column)), percentText(ratio(count(row, column), samples_[t])),
           actual, percentText(ratio(count(row, column), predicted_[p])), predicted);
}

QVariant MatrixModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount()) return {};
  const int row = index.row(), column = index.column();
  switch (role) {
    case Qt::DisplayRole:
      if (unit_ == MatrixUnit::Samples) return wholeCountText(count(row, column));
      return QLocale().toString(100 * share(row, column), 'f', 1);
    case Qt::BackgroundRole:
      return shade(share(row, column), row == column);
    case Qt::ForegroundRole:
      return count(row, column) == 0 ? QVariant(Theme::instance().colors().mutedText) : QVariant();
    case Qt::TextAlignmentRole:
      return QVariant(Qt::AlignVCenter | Qt::AlignRight);
    case Qt::ToolTipRole:
      return Qt::convertFromPlainText(tip(row, column));  // names of classes may look like HTML
    case Qt::AccessibleTextRole:
      return tip(row, column);
    default:
      return {};
  }
}

QVariant MatrixModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (section < 0 || section >= rowCount()) return {};
  const QString name = toQString(classes_[static_cast<std::size_t>(section)]);
  if (role == Qt::DisplayRole) return name;
  if (role != Qt::ToolTipRole && role != Qt::AccessibleTextRole) return {};
  const QString text =
      orientation == Qt::Horizontal ? tr("Predicted as %1").arg(name) : tr("Samples of %1").arg(name);
  return role == Qt::ToolTipRole ? Qt::convertFromPlainText(text) : text;
}

}  // namespace tandem::ui
