#include "ui/models/problems_model.h"

#include "ui/models/format.h"

namespace tandem::ui {

ProblemsModel::ProblemsModel(ProjectDocument& document, QObject* parent)
    : QAbstractTableModel(parent), document_(document), problems_(document.analysis().problems) {
  connect(&document, &ProjectDocument::analysisChanged, this, &ProblemsModel::refresh);
}

void ProblemsModel::refresh() {
  beginResetModel();
  problems_ = document_.analysis().problems;
  endResetModel();
}

int ProblemsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(problems_.size());
}

int ProblemsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QVariant ProblemsModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Problem& item = problem(index.row());
  const QString message = errorText(item.error);
  if (role == LayerRole) return item.layer;
  if (role == Qt::ToolTipRole) return message;
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
    case Where: {
      const Layer* layer = document_.network().find(item.layer);
      return layer != nullptr ? QString::fromStdString(layer->name) : tr("Network");
    }
    case Message:
      return message;
    default:
      return {};  // the panel places a button there
  }
}

QVariant ProblemsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case Where:
      return tr("Layer");
    case Message:
      return tr("Problem");
    default:
      return tr("Fix");
  }
}

}  // namespace tandem::ui
