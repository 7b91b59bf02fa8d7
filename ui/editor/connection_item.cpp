#include "ui/editor/connection_item.h"

#include <QPainter>
#include <QPainterPath>
#include <QStyleOptionGraphicsItem>
#include <cmath>

#include "ui/models/network_layout.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

constexpr double kHitWidth = 14;
constexpr double kElbow = 20;  // how far a returning connection leaves its ports
constexpr double kCorner = 10;
constexpr double kDetour = 14;  // above the nodes that it passes

// Straight lines through the points, with rounded corners.
QPainterPath rounded(const std::vector<QPointF>& points) {
  QPainterPath path(points.front());
  for (std::size_t i = 1; i + 1 < points.size(); ++i) {
    const QLineF in(points[i], points[i - 1]), out(points[i], points[i + 1]);
    const double radius = std::min({kCorner, in.length() / 2, out.length() / 2});
    const auto along = [&](const QLineF& line) {
      return line.length() == 0 ? line.p1() : line.pointAt(radius / line.length());
    };
    path.lineTo(along(in));
    path.quadTo(points[i], along(out));
  }
  path.lineTo(points.back());
  return path;
}

}  // namespace

QPainterPath connectionPath(QPointF from, QPointF to, bool blocked) {
  if (blocked && to.x() > from.x() + 2 * kElbow) {
    // A connection from another lane already runs beside the nodes.
    const bool beside = std::abs(from.y() - to.y()) > kNodeHeight / 2 + 4;
    if (beside) return rounded({from, {to.x() - kElbow, from.y()}, {to.x() - kElbow, to.y()}, to});
    const double above = std::min(from.y(), to.y()) - kNodeHeight / 2 - kDetour;
    return rounded({from,
                    {from.x() + kElbow, from.y()},
                    {from.x() + kElbow, above},
                    {to.x() - kElbow, above},
                    {to.x() - kElbow, to.y()},
                    to});
  }
  if (to.x() >= from.x() + kGrid / 2) {
    const double reach = std::clamp((to.x() - from.x()) / 2, kElbow, 140.0);
    QPainterPath path(from);
    path.cubicTo(from + QPointF(reach, 0), to - QPointF(reach, 0), to);
    return path;
  }
  // Between the rows if there is space, otherwise below both nodes.
  const bool apart = std::abs(to.y() - from.y()) > kNodeHeight + 16;
  const double middle = apart ? (from.y() + to.y()) / 2 : std::max(from.y(), to.y()) + kNodeHeight / 2 + 24;
  return rounded({from,
                  {from.x() + kElbow, from.y()},
                  {from.x() + kElbow, middle},
                  {to.x() - kElbow, middle},
                  {to.x() - kElbow, to.y()},
                  to});
}

ConnectionItem::ConnectionItem(Connection connection) : connection_(connection) {
  setFlag(ItemIsSelectable);
  setAcceptHoverEvents(true);
}

void ConnectionItem::setEnds(QPointF from, QPointF to, bool blocked) {
  setPath(connectionPath(from, to, blocked));
}

void ConnectionItem::setLook(Look look) {
  if (look_ == look) return;
  look_ = look;
  update();
}

QPainterPath ConnectionItem::shape() const {
  QPainterPathStroker stroker;
  stroker.setWidth(kHitWidth);
  return stroker.createStroke(path());
}

QRectF ConnectionItem::boundingRect() const {
  return path().boundingRect().adjusted(-kHitWidth, -kHitWidth, kHitWidth, kHitWidth);
}

void ConnectionItem::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget*) {
  const ThemeColors& colors = Theme::instance().colors();
  const bool selected = option->state & QStyle::State_Selected;
  QPen pen(colors.mutedText, hovered_ ? 2.6 : 1.8);
  if (selected) pen = QPen(colors.accent, 3);
  if (look_ == Look::InsertTarget) pen = QPen(colors.success, 4);
  if (look_ == Look::Dragged) pen = QPen(colors.accent, 2.2);
  if (look_ == Look::Refused) pen = QPen(colors.error, 2.2, Qt::DashLine);
  pen.setCapStyle(Qt::RoundCap);
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setPen(pen);
  painter->setBrush(Qt::NoBrush);
  painter->drawPath(path());

  // An arrow in the direction of the data flow.
  if (path().length() < 30) return;
  const double angle = -path().angleAtPercent(0.5) * M_PI / 180;
  const QPointF tip = middle() + QPointF(std::cos(angle), std::sin(angle)) * 5;
  const auto wing = [&](double turn) {
    return tip - QPointF(std::cos(angle + turn), std::sin(angle + turn)) * 9;
  };
  painter->setPen(Qt::NoPen);
  painter->setBrush(pen.color());
  painter->drawPolygon(QPolygonF({tip, wing(0.5), wing(-0.5)}));
}

void ConnectionItem::hoverEnterEvent(QGraphicsSceneHoverEvent* event) {
  hovered_ = true;
  update();
  QGraphicsPathItem::hoverEnterEvent(event);
}

void ConnectionItem::hoverLeaveEvent(QGraphicsSceneHoverEvent* event) {
  hovered_ = false;
  update();
  QGraphicsPathItem::hoverLeaveEvent(event);
}

}  // namespace tandem::ui
