// The frame of an unfolded group, behind its cards, with a title that selects, moves and folds the group.
#pragma once

#include <QGraphicsObject>

#include "ui/models/project_document.h"

namespace tandem::ui {

class GroupFrame : public QGraphicsObject {
  Q_OBJECT

 public:
  enum { Type = UserType + 4 };

  GroupFrame(ProjectDocument& document, GroupId id);

  int type() const override { return Type; }
  GroupId id() const { return id_; }
  void setFrame(const QRectF& frame);  // in scene coordinates
  void refresh();                      // the document changed
  QRectF frame() const { return frame_; }
  QRectF title() const { return title_; }  // the part that handles the mouse

  QRectF boundingRect() const override;
  QPainterPath shape() const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 Q_SIGNALS:
  void pressed(Qt::KeyboardModifiers keys);
  void dragged(QPointF distance);  // since the press
  void foldRequested();

 protected:
  void mousePressEvent(QGraphicsSceneMouseEvent* event) override;
  void mouseMoveEvent(QGraphicsSceneMouseEvent* event) override;
  void mouseReleaseEvent(QGraphicsSceneMouseEvent* event) override;
  void mouseDoubleClickEvent(QGraphicsSceneMouseEvent* event) override;
  void hoverEnterEvent(QGraphicsSceneHoverEvent* event) override;
  void hoverLeaveEvent(QGraphicsSceneHoverEvent* event) override;

 private:
  void measureTitle();

  ProjectDocument& document_;
  GroupId id_;
  QRectF frame_, title_;
  QString name_, facts_;  // of the title
  bool hovered_ = false;
};

}  // namespace tandem::ui
