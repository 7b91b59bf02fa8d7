// The common base of layers and folded groups on the canvas: a card with ports, its outline, and the handling
// of its output port. It holds no state of the network and reads the document whenever it paints.
#pragma once

#include <QColor>
#include <QGraphicsObject>
#include <optional>
#include <set>

#include "ui/models/project_document.h"

namespace tandem::ui {

// A label that another view attaches to a layer while that view is open.
struct NodeMark {
  QColor color;
  QString text;  // a few characters
  bool operator==(const NodeMark&) const = default;
};

class CardItem : public QGraphicsObject {
  Q_OBJECT

 public:
  // How a card looks while a connection is dragged over the canvas.
  enum class Target { None, Valid, Invalid, Hovered };

  explicit CardItem(ProjectDocument& document);

  virtual std::set<LayerId> layers() const = 0;  // shown by the card
  // What a connection from an output port, or to this card, uses, or why it is ambiguous.
  virtual Result<Source> source(int port) const = 0;
  virtual Result<LayerId> sink() const = 0;
  virtual int inputPorts() const = 0;
  // Where a connection to the card ends that is not dropped on one of its ports.
  virtual int nextInput() const { return inputPorts() - 1; }
  // Empty if the inputs are all alike: connections are then dropped on the card, not on a port.
  virtual QString inputName(int) const { return {}; }
  virtual int outputPorts() const { return 1; }
  virtual int portOf(Source) const { return 0; }  // where its connections start
  virtual void refresh() = 0;                     // the document changed

  QPointF inputPort(int index) const;  // in the item's coordinates
  QPointF outputPort(int index = 0) const;
  std::optional<int> outputAt(QPointF point) const;  // with some tolerance
  std::optional<int> inputAt(QPointF point) const;   // likewise, of those with names
  // `port`: the input at which the dragged connection would end.
  void setTarget(Target target, std::optional<int> port = std::nullopt);
  void setMark(std::optional<NodeMark> mark);
  const std::optional<NodeMark>& mark() const { return mark_; }

  QRectF boundingRect() const override;
  QPainterPath shape() const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 Q_SIGNALS:
  void moved();

 protected:
  virtual bool exists() const = 0;  // in the document; an item may briefly outlive its layer
  virtual const Problem* problem() const = 0;
  virtual QColor stripe() const = 0;
  virtual bool isUsed(int input) const = 0;
  virtual bool isStack() const { return false; }  // drawn with more cards behind it
  virtual void paintNear(QPainter& painter) const = 0;
  virtual void paintFar(QPainter& painter) const = 0;  // only what is readable at small zoom

  QVariant itemChange(GraphicsItemChange change, const QVariant& value) override;
  void hoverMoveEvent(QGraphicsSceneHoverEvent* event) override;
  void hoverLeaveEvent(QGraphicsSceneHoverEvent* event) override;

  // Below the header: shape and memory, then parameters and FLOPs; or the problem.
  void paintFacts(QPainter& painter, const LayerFacts& facts) const;
  // The glyph on a tint of its colour, and two lines of text to its right.
  void paintHeader(QPainter& painter, std::string_view glyph, const QString& title,
                   const QString& name) const;
  void paintFarHeader(QPainter& painter, std::string_view glyph, const QString& title) const;

  ProjectDocument& document_;

 private:
  bool isFrozen() const;  // training changes no weight of its layers
  void paintPorts(QPainter& painter) const;
  void paintInputNames(QPainter& painter) const;
  void paintMark(QPainter& painter) const;

  Target target_ = Target::None;
  std::optional<int> targetPort_;
  std::optional<int> overPort_;  // an output
  std::optional<NodeMark> mark_;
};

}  // namespace tandem::ui
