#include "ui/data/rows_model.h"

#include <QFont>

#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {

RowsModel::RowsModel(QObject* parent) : QAbstractTableModel(parent) {
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    if (rowCount() > 0) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
  });
}

void RowsModel::setPreview(const TablePreview& preview) {
  // A changed setting leaves the position in the table as it is.
  if (preview.rows.size() != preview_.rows.size() || preview.width != preview_.width) {
    beginResetModel();
    preview_ = preview;
    endResetModel();
    return;
  }
  preview_ = preview;
  if (columnCount() == 0) return;
  Q_EMIT headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
  if (rowCount() == 0) return;
  Q_EMIT headerDataChanged(Qt::Vertical, 0, rowCount() - 1);
  Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

bool RowsModel::hasColumn(int column) const {
  return column >= 0 && static_cast<std::size_t>(column) < preview_.columns.size();
}

int RowsModel::faultRow() const {
  for (int row = 0; row < rowCount(); ++row)
    if (preview_.rows[row].fault) return row;
  return -1;
}

int RowsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(preview_.rows.size());
}

int RowsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(preview_.width);
}

QVariant RowsModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  using State = TablePreview::CellState;
  const TablePreview::Row& row = preview_.rows[index.row()];
  const auto column = static_cast<std::size_t>(index.column());
  if (column >= row.cells.size()) return {};
  const ThemeColors& colors = Theme::instance().colors();
  const State state = row.states[column];
  const bool ignored = isIgnored(index.column());
  switch (role) {
    case Qt::DisplayRole: {
      QString text = toQString(row.cells[column]);
      for (const QChar end : {u'\n', u'\r'}) text.replace(end, u'↵');
      return text;
    }
    case Qt::ToolTipRole: {
      const QString text = toQString(row.cells[column]);
      if (state == State::Missing) return tr("%1\nMissing: the row is skipped").arg(text).trimmed();
      if (state == State::Fault) return tr("%1\nNot a number, in a column of numbers").arg(text).trimmed();
      return text;
    }
    case Qt::BackgroundRole:
      if (state == State::Fault || row.fault) return colors.errorBack;
      if (state == State::Missing) return colors.warningBack;
      return {};
    case Qt::ForegroundRole:
      if (state == State::Fault || row.fault) return colors.text;
      return ignored ? QVariant(colors.mutedText) : QVariant();
    case Qt::FontRole: {
      if (state != State::Fault) return {};
      QFont font;
      font.setBold(true);
      return font;
    }
    case Qt::TextAlignmentRole: {
      const bool number = hasColumn(index.column()) && preview_.columns[column].kind == FieldKind::Number;
      return QVariant(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
    }
    default:
      return {};
  }
}

QVariant RowsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation == Qt::Vertical) {
    if (section >= rowCount()) return {};
    const TablePreview::Row& row = preview_.rows[section];
    if (role == Qt::DisplayRole) return QString::number(row.line);
    if (role == Qt::ToolTipRole) return tr("Line %1 of the file").arg(row.line);
    if (role == Qt::ForegroundRole && row.fault) return Theme::instance().colors().error;
    return {};
  }
  if (!hasColumn(section)) return {};
  const TablePreview::Column& column = preview_.columns[section];
  const QString name = toQString(column.name);
  switch (role) {
    case Qt::DisplayRole:
      return name;
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole:
      return useText(section).isEmpty() ? name : tr("%1: %2").arg(name, useText(section));
    case Qt::ForegroundRole:
      return isIgnored(section) ? QVariant(Theme::instance().colors().mutedText) : QVariant();
    case UseRole:
      return useText(section);
    case TargetRole:
      return column.role == FieldRole::Target;
    default:
      return {};
  }
}

QString RowsModel::useText(int column) const {
  const TablePreview::Column& shown = preview_.columns[column];
  if (!shown.role) return {};
  if (*shown.role == FieldRole::Weight) return tr("sample weights");
  if (*shown.role == FieldRole::Group) return tr("series of the row");
  if (*shown.role == FieldRole::Order) return tr("order of the rows");
  QString role = *shown.role == FieldRole::Target    ? tr("target")
                 : *shown.role == FieldRole::Feature ? tr("feature")
                                                     : tr("ignored");
  if (!shown.kind) return role;
  const QString kind = *shown.kind == FieldKind::Number  ? tr("number")
                       : *shown.kind == FieldKind::Text  ? tr("text")
                       : *shown.kind == FieldKind::Image ? tr("image")
                                                         : tr("category");
  return tr("%1, %2").arg(role, kind);
}

bool RowsModel::isIgnored(int column) const {
  return hasColumn(column) && preview_.columns[column].role == FieldRole::Ignored;
}

}  // namespace tandem::ui
