// A connection between two layers on the canvas, or the connection that is being dragged.
#pragma once

#include <QGraphicsPathItem>

#include "ui/models/project_document.h"

namespace tandem::ui {

// A curve from an output port to an input port. If the target is to the left (in the next row of a wrapped
// layout), the curve runs around the nodes with rounded corners. If other nodes are in between (`blocked`, as
// for the shortcut of a residual block), it passes above them.
QPainterPath connectionPath(QPointF from, QPointF to, bool blocked);

class ConnectionItem : public QGraphicsPathItem {
 public:
  enum { Type = UserType + 2 };
  enum class Look { Normal, InsertTarget, Dragged, Refused };

  explicit ConnectionItem(Connection connection);

  int type() const override { return Type; }
  const Connection& connection() const { return connection_; }
  void setEnds(QPointF from, QPointF to, bool blocked);
  QPointF middle() const { return path().pointAtPercent(0.5); }
  void setLook(Look look);

  QPainterPath shape() const override;  // wide enough to hit
  QRectF boundingRect() const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 protected:
  void hoverEnterEvent(QGraphicsSceneHoverEvent* event) override;
  void hoverLeaveEvent(QGraphicsSceneHoverEvent* event) override;

 private:
  Connection connection_;
  Look look_ = Look::Normal;
  bool hovered_ = false;
};

}  // namespace tandem::ui
