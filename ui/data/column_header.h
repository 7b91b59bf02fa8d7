// The header of a table's columns: the name, and below it what the column is used for (RowsModel::UseRole).
#pragma once

#include <QHeaderView>

namespace tandem::ui {

class ColumnHeader : public QHeaderView {
  Q_OBJECT

 public:
  explicit ColumnHeader(QWidget* parent = nullptr);

 protected:
  QSize sectionSizeFromContents(int section) const override;
  void paintSection(QPainter* painter, const QRect& rect, int section) const override;

 private:
  QFont nameFont(int section) const;
};

}  // namespace tandem::ui
