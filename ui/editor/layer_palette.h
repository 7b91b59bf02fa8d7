// The palette: layers by category with a search box. Dragging a layer adds it to the canvas; a double click
// or Enter appends it after the selected layer.
#pragma once

#include <QWidget>

class QLineEdit;
class QSortFilterProxyModel;
class QTreeView;

namespace tandem::ui {

class ProjectDocument;

class LayerPalette : public QWidget {
  Q_OBJECT

 public:
  explicit LayerPalette(ProjectDocument& document, QWidget* parent = nullptr);

 Q_SIGNALS:
  void left();                          // the keyboard is no longer needed here
  void refused(const QString& reason);  // a layer could not be added

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void styleList();
  void filter(const QString& text);
  void add(const QModelIndex& index);

  ProjectDocument& document_;
  QLineEdit* search_;
  QTreeView* list_;
  QSortFilterProxyModel* shown_;
};

}  // namespace tandem::ui
