// The list of problems: a double click or Enter reveals the layer, a button applies the fix.
#pragma once

#include <QWidget>

class QLabel;
class QStackedLayout;
class QTableView;

namespace tandem::ui {

class ProblemsModel;
class ProjectDocument;

class ProblemsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit ProblemsPanel(ProjectDocument& document, QWidget* parent = nullptr);

  int count() const;

 Q_SIGNALS:
  void countChanged(int count);  // for the title of the dock
  void refused(const QString& reason);

 private:
  void refresh();
  void applyFix(int row);

  ProjectDocument& document_;
  ProblemsModel* model_;
  QTableView* table_;
  QLabel* none_;
  QStackedLayout* pages_;
};

}  // namespace tandem::ui
