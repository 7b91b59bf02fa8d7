// The first rows of the project's table, and a menu for each column that changes what it is used for.
#pragma once

#include <QWidget>

#include "core/data/column_use.h"
#include "ui/models/project_document.h"

class QLabel;
class QMenu;
class QTableView;

namespace tandem::ui {

class RowsModel;

class RowsView : public QWidget {
  Q_OBJECT

 public:
  explicit RowsView(ProjectDocument& document, QWidget* parent = nullptr);

  void setLocked(bool locked);  // columns cannot be changed during a run

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void buildTable();
  void refresh();
  void fitColumns();
  void openMenu(int column, const QPoint& at);
  void addTargetMenu(QMenu& menu, const std::vector<std::string>& names, std::size_t column);
  void setColumn(const std::vector<std::string>& names, std::size_t column, ColumnUse use);

  ProjectDocument& document_;
  RowsModel* model_;
  QTableView* table_;
  QLabel* empty_;
  QLabel* caption_;
  bool locked_ = false;
};

}  // namespace tandem::ui
