// The canvas: zoom, pan, grid, keyboard, clipboard, and the messages for an empty canvas and for failed
// gestures.
#pragma once

#include <QGraphicsView>
#include <QTimer>

#include "ui/editor/network_scene.h"

class QLabel;
class QMenu;

namespace tandem::ui {

class NetworkView : public QGraphicsView {
  Q_OBJECT

 public:
  explicit NetworkView(ProjectDocument& document, QWidget* parent = nullptr);

  NetworkScene* networkScene() const { return scene_; }
  double zoom() const { return transform().m11(); }

  // For menus and toolbars. The shortcuts work while the canvas has the focus.
  QList<QAction*> editActions() const {
    return editActions_;
  }  // cut, copy, paste, duplicate, delete, select all, group, ungroup, fold
  QList<QAction*> viewActions() const { return viewActions_; }  // zoom in, zoom out, fit, arrange

 public Q_SLOTS:
  void fit();  // makes everything visible, at most at 100%
  void zoomIn();
  void zoomOut();
  void reveal(int layer);  // selects it and makes it visible
  void showMessage(const QString& text);
  void cut();
  void copy();
  void paste();
  void duplicate();
  void removeSelected();
  void selectAllLayers();
  void groupSelected();
  void ungroupSelected();
  void foldSelected();    // or unfold, if all groups of the selection are folded
  void freezeSelected();  // or unfreeze, if all layers of the selection that have weights are frozen
  void freezeToSelected();

 protected:
  void drawBackground(QPainter* painter, const QRectF& rect) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void keyReleaseEvent(QKeyEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  bool viewportEvent(QEvent* event) override;

 private:
  QAction* addCommand(QList<QAction*>& list, const QString& name, const QString& text,
                      const QList<QKeySequence>& keys, void (NetworkView::*slot)());
  void makeActions();
  QAction* command(const QString& name) const;
  void addInsertMenu(QMenu& menu, Connection connection);
  void updateActions();
  bool allFolded(const std::set<GroupId>& groups) const;
  void arrangeLayers();
  void zoomBy(double factor, QPoint anchor);
  void contentsChanged();
  void placeOverlays();
  void styleOverlays();
  void nudge(QPointF step);
  void setPanning(bool on);

  ProjectDocument& document_;
  NetworkScene* scene_;
  QList<QAction*> editActions_, viewActions_;
  QLabel* empty_;
  QLabel* message_;
  QTimer messageTimer_;
  bool autoFit_ = true;      // until the user zooms or pans
  bool fitPending_ = false;  // the project was replaced
  bool spaceHeld_ = false;
  bool panning_ = false;
  QPoint panFrom_;
  int pastes_ = 0;  // of the same clipboard; each paste is offset further
};

}  // namespace tandem::ui
