// A layer on the canvas: a card with two kinds of ports. Holds no state of the network: it reads the
// document whenever it paints.
#pragma once

#include <QColor>
#include <QGraphicsObject>
#include <optional>

#include "ui/models/project_document.h"

namespace tandem::ui {

// What a view other than the editor says of a layer, for as long as it is open.
struct NodeMark {
  QColor color;
  QString text;  // a few characters
  bool operator==(const NodeMark&) const = default;
};

class NodeItem : public QGraphicsObject {
  Q_OBJECT

 public:
  enum { Type = UserType + 1 };
  // How a node looks while a connection is dragged over the canvas.
  enum class Target { None, Valid, Invalid, Hovered };

  NodeItem(ProjectDocument& document, LayerId id);

  int type() const override { return Type; }
  LayerId id() const { return id_; }

  int inputPorts() const;
  QPointF inputPort(int index) const;  // in the item's coordinates
  QPointF outputPort() const;
  bool hitsOutput(QPointF point) const;  // with the slack of a human hand

  void setTarget(Target target);
  void setMark(std::optional<NodeMark> mark);
  const std::optional<NodeMark>& mark() const { return mark_; }
  void refresh();  // the document changed

  QRectF boundingRect() const override;
  QPainterPath shape() const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 Q_SIGNALS:
  void moved();

 protected:
  QVariant itemChange(GraphicsItemChange change, const QVariant& value) override;
  void hoverMoveEvent(QGraphicsSceneHoverEvent* event) override;
  void hoverLeaveEvent(QGraphicsSceneHoverEvent* event) override;

 private:
  const Problem* problem() const;
  void paintText(QPainter& painter, const Layer& layer) const;
  void paintFar(QPainter& painter, const Layer& layer) const;
  void paintPorts(QPainter& painter) const;
  void paintMark(QPainter& painter) const;

  ProjectDocument& document_;
  LayerId id_;
  Target target_ = Target::None;
  bool overPort_ = false;
  std::optional<NodeMark> mark_;
};

}  // namespace tandem::ui
