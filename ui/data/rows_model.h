// The rows of a TablePreview as a model: cells as read, with the name, role and kind of each column as its header and
// the line of the file beside each row.
#pragma once

#include <QAbstractTableModel>

#include "core/data/table_preview.h"

namespace tandem::ui {

class RowsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Role {
    UseRole = Qt::UserRole,  // of a column header: "feature, number"
    TargetRole,              // of a column header: whether it is the target
  };

  explicit RowsModel(QObject* parent = nullptr);

  const TablePreview& preview() const { return preview_; }
  void setPreview(const TablePreview& preview);
  bool hasColumn(int column) const;  // false: it exists only in rows that are too long
  int faultRow() const;              // the first row with an error; -1: none

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  QString useText(int column) const;
  bool isIgnored(int column) const;

  TablePreview preview_;
};

}  // namespace tandem::ui
