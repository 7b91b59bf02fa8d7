#include "ui/editor/card_item.h"

#include <QCursor>
#include <QFontMetricsF>
#include <QGraphicsScene>
#include <QGraphicsSceneHoverEvent>
#include <QPainter>
#include <QPainterPath>
#include <QStyleOptionGraphicsItem>
#include <QTextLayout>
#include <cmath>

#include "ui/editor/layer_glyph.h"
#include "ui/models/format.h"
#include "ui/models/network_layout.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

const QRectF kCard(0, 0, kNodeWidth, kNodeHeight);
constexpr double kRadius = 8;
constexpr double kPadding = 12;
constexpr double kPortRadius = 5;
constexpr double kPortReach = 13;  // distance from its centre within which a press hits the port
constexpr double kPortSpacing = 16;
constexpr double kHeader = 50;    // height of icon, label and name; the facts follow below
constexpr double kFarAway = 0.5;  // zoom below which small text is unreadable
constexpr double kStackStep = 4;  // offset between the cards of a stack

// Of a port, below the upper edge of the card.
double portHeight(int index, int ports) {
  const int count = std::max(1, ports);
  const double spacing = std::min(kPortSpacing, (kNodeHeight - 2 * kRadius) / count);
  return kNodeHeight / 2 + (std::min(index, count - 1) - (count - 1) / 2.0) * spacing;
}

// The port at the point, with some tolerance.
template <class Place>
std::optional<int> nearestPort(QPointF point, int ports, const Place& place) {
  int nearest = 0;
  const auto distance = [&](int port) { return QLineF(point, place(port)).length(); };
  for (int port = 1; port < ports; ++port)
    if (distance(port) < distance(nearest)) nearest = port;
  return distance(nearest) <= kPortReach ? std::optional(nearest) : std::nullopt;
}

QFont fontOf(double pixels, bool bold = false) {
  QFont font;
  font.setPixelSize(static_cast<int>(pixels));
  font.setBold(bold);
  return font;
}

void drawElided(QPainter& painter, const QRectF& box, const QString& text, int flags = Qt::AlignLeft) {
  const QFontMetricsF metrics(painter.font());
  painter.drawText(box, flags | Qt::AlignVCenter | Qt::TextSingleLine,
                   metrics.elidedText(text, Qt::ElideRight, box.width()));
}

// Draws at most two lines, the second one elided.
void drawTwoLines(QPainter& painter, const QRectF& box, const QString& text) {
  const QFontMetricsF metrics(painter.font());
  QTextLayout layout(text, painter.font());
  layout.beginLayout();
  QTextLine line = layout.createLine();
  line.setLineWidth(box.width());
  const int first = line.textLength();
  layout.endLayout();
  const double height = box.height() / 2;
  drawElided(painter, {box.left(), box.top(), box.width(), height}, text.left(first).trimmed());
  drawElided(painter, {box.left(), box.top() + height, box.width(), height}, text.mid(first).trimmed());
}

}  // namespace

CardItem::CardItem(ProjectDocument& document) : document_(document) {
  setFlags(ItemIsMovable | ItemIsSelectable | ItemSendsGeometryChanges);
  setAcceptHoverEvents(true);
  setZValue(1);
}

QPointF CardItem::inputPort(int index) const {
  return {0, portHeight(index, inputPorts())};
}

QPointF CardItem::outputPort(int index) const {
  return {kNodeWidth, portHeight(index, outputPorts())};
}

std::optional<int> CardItem::outputAt(QPointF point) const {
  return nearestPort(point, outputPorts(), [this](int port) { return outputPort(port); });
}

std::optional<int> CardItem::inputAt(QPointF point) const {
  if (inputName(0).isEmpty()) return std::nullopt;
  return nearestPort(point, inputPorts(), [this](int port) { return inputPort(port); });
}

void CardItem::setTarget(Target target, std::optional<int> port) {
  if (target_ == target && targetPort_ == port) return;
  target_ = target;
  targetPort_ = port;
  update();
}

void CardItem::setMark(std::optional<NodeMark> mark) {
  if (mark_ == mark) return;
  mark_ = std::move(mark);
  update();
}

bool CardItem::isFrozen() const {
  return document_.trained(layers()) == ProjectDocument::Trained::None;
}

QRectF CardItem::boundingRect() const {
  return kCard.adjusted(-12, -12, 12, 10);
}

QPainterPath CardItem::shape() const {
  QPainterPath path;
  path.setFillRule(Qt::WindingFill);
  path.addRoundedRect(kCard, kRadius, kRadius);
  for (int port = 0; port < outputPorts(); ++port) path.addEllipse(outputPort(port), kPortReach, kPortReach);
  if (target_ == Target::None) return path;
  for (int port = 0; port < inputPorts() && !inputName(port).isEmpty(); ++port)
    path.addEllipse(inputPort(port), kPortReach, kPortReach);
  return path;
}

void CardItem::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget*) {
  if (!exists()) return;
  const ThemeColors& colors = Theme::instance().colors();
  const bool broken = problem() != nullptr;
  const bool selected = option->state & QStyle::State_Selected;
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setOpacity(target_ == Target::Invalid ? 0.45 : 1.0);

  QColor shadow = Theme::instance().dark() ? QColor(0, 0, 0, 90) : QColor(20, 30, 45, 28);
  painter->setPen(Qt::NoPen);
  painter->setBrush(shadow);
  painter->drawRoundedRect(kCard.translated(0, 2), kRadius, kRadius);
  for (int behind = isStack() ? 2 : 0; behind > 0; --behind) {
    painter->setPen(QPen(mixed(colors.mutedText, colors.border, 0.4), 1));
    painter->setBrush(colors.raised);
    painter->drawRoundedRect(kCard.translated(behind * kStackStep, -behind * kStackStep), kRadius, kRadius);
  }

  QPainterPath card;
  card.addRoundedRect(kCard, kRadius, kRadius);
  painter->fillPath(card, mark_ ? mixed(mark_->color, colors.surface, 0.14) : colors.surface);
  painter->save();
  painter->setClipPath(card, Qt::IntersectClip);
  painter->fillRect(QRectF(0, 0, 4, kNodeHeight),
                    isFrozen() ? mixed(stripe(), colors.surface, 0.35) : stripe());
  painter->restore();

  if (option->levelOfDetailFromTransform(painter->worldTransform()) < kFarAway) {
    paintFar(*painter);
  } else {
    paintNear(*painter);
  }

  QPen outline(colors.border, 1);
  if (broken) outline = QPen(colors.error, 2);
  if (selected) outline = QPen(broken ? colors.error : colors.accent, broken ? 3 : 2.5);
  if (target_ == Target::Valid) outline = QPen(colors.success, 2);
  if (target_ == Target::Hovered) outline = QPen(colors.success, 3.5);
  painter->setBrush(Qt::NoBrush);
  painter->setPen(outline);
  painter->drawPath(card);
  if (selected && broken) {  // red marks the problem, the outer ring the selection
    painter->setPen(QPen(colors.accent, 1.5));
    painter->drawRoundedRect(kCard.adjusted(-4, -4, 4, 4), kRadius + 4, kRadius + 4);
  }
  paintPorts(*painter);
  if (mark_) paintMark(*painter);
}

// Draws the mark on a plate at the upper edge of the card.
void CardItem::paintMark(QPainter& painter) const {
  painter.setFont(fontOf(11, true));
  const double width = painter.fontMetrics().horizontalAdvance(mark_->text) + 12;
  const QRectF plate(kNodeWidth - kRadius - width, -8, width, 16);
  painter.setPen(QPen(mark_->color, 1.5));
  painter.setBrush(mixed(mark_->color, Theme::instance().colors().surface, 0.2));
  painter.drawRoundedRect(plate, 8, 8);
  painter.setPen(Theme::instance().colors().text);
  painter.drawText(plate, Qt::AlignCenter, mark_->text);
}

void CardItem::paintHeader(QPainter& painter, std::string_view glyph, const QString& title,
                           const QString& name) const {
  const ThemeColors& colors = Theme::instance().colors();
  const QRectF badge(kPadding + 2, 11, 28, 28);
  painter.setPen(Qt::NoPen);
  painter.setBrush(mixed(stripe(), colors.surface, 0.16));
  painter.drawRoundedRect(badge, 6, 6);
  drawLayerGlyph(painter, badge.adjusted(5, 5, -5, -5), glyph, stripe());
  const double left = badge.right() + 9, width = kNodeWidth - kPadding - left;
  painter.setPen(colors.text);
  painter.setFont(fontOf(13, true));
  const double needed = QFontMetricsF(painter.font()).horizontalAdvance(title);
  if (needed > width) painter.setFont(fontOf(std::max(11.0, std::floor(13 * width / needed)), true));
  drawElided(painter, {left, 9, width, 17}, title);
  painter.setPen(colors.mutedText);
  painter.setFont(fontOf(11));
  drawElided(painter, {left, 26, width, 15}, name);
  painter.setPen(QPen(colors.border, 1));
  painter.drawLine(QPointF(kPadding + 2, kHeader), QPointF(kNodeWidth - kPadding, kHeader));
}

void CardItem::paintFacts(QPainter& painter, const LayerFacts& facts) const {
  const ThemeColors& colors = Theme::instance().colors();
  const QRectF box(kPadding + 2, kHeader + 5, kNodeWidth - 2 * kPadding - 2, kNodeHeight - kHeader - 11);
  if (const Problem* wrong = problem()) {
    painter.setPen(colors.error);
    painter.setFont(fontOf(11));
    drawTwoLines(painter, box, errorText(Error(wrong->error.code, wrong->error.message)));
    return;
  }
  if (!facts.output) {
    painter.setFont(fontOf(11));
    painter.setPen(colors.mutedText);
    drawTwoLines(painter, box, tr("Shape not yet known"));
    return;
  }
  // Draws two facts in a line; the right one only if both fit.
  const auto line = [&](const QRectF& row, const QString& left, const QFont& font, const QColor& color,
                        const QString& right) {
    painter.setFont(font);
    painter.setPen(color);
    const double used = left.isEmpty() ? 0 : QFontMetricsF(font).horizontalAdvance(left) + 8;
    drawElided(painter, row, left);
    painter.setFont(fontOf(11));
    painter.setPen(colors.mutedText);
    if (used + QFontMetricsF(painter.font()).horizontalAdvance(right) <= row.width())
      drawElided(painter, row, right, Qt::AlignRight);
  };
  const QRectF upper(box.left(), box.top(), box.width(), box.height() / 2);
  const std::int64_t parameters = facts.parameters + facts.untrained;
  line(upper, outputText(facts), fontOf(12), colors.text,
       facts.activationBytes > 0 ? bytesText(static_cast<double>(facts.activationBytes)) : QString());
  line(upper.translated(0, upper.height()),
       parameters == 0 ? QString()
       : isFrozen()    ? tr("%1 frozen").arg(countText(parameters))
                       : tr("%1 params").arg(countText(parameters)),
       fontOf(11), colors.mutedText, facts.forwardFlops > 0 ? flopsText(facts.forwardFlops) : QString());
}

void CardItem::paintFarHeader(QPainter& painter, std::string_view glyph, const QString& title) const {
  drawLayerGlyph(painter, QRectF(16, kNodeHeight / 2 - 20, 40, 40), glyph, stripe());
  const ThemeColors& colors = Theme::instance().colors();
  painter.setPen(problem() == nullptr ? colors.text : colors.error);
  const QRectF box(66, 6, kNodeWidth - 72, kNodeHeight - 12);
  double widest = 0;  // width of the widest word at a font size of 20 pixels
  for (const QString& word : title.split(' ')) {
    widest = std::max(widest, QFontMetricsF(fontOf(20, true)).horizontalAdvance(word));
  }
  painter.setFont(fontOf(std::floor(20 * std::min(1.0, (box.width() - 2) / widest)), true));
  painter.drawText(box, Qt::AlignVCenter | Qt::TextWordWrap, title);
}

void CardItem::paintPorts(QPainter& painter) const {
  const ThemeColors& colors = Theme::instance().colors();
  const auto port = [&](QPointF centre, bool filled, const QColor& color, double radius) {
    painter.setPen(QPen(color, 1.5));
    painter.setBrush(filled ? color : colors.surface);
    painter.drawEllipse(centre, radius, radius);
  };
  const bool target = target_ == Target::Valid || target_ == Target::Hovered;
  for (int i = 0; i < inputPorts(); ++i) {
    const bool used = isUsed(i);
    const double radius = kPortRadius - (used ? 1 : 0);
    port(inputPort(i), used, target ? colors.success : colors.mutedText,
         target && targetPort_ == i ? radius + 2 : radius);
  }
  if (target) paintInputNames(painter);
  for (int i = 0; i < outputPorts(); ++i) {
    const bool hovered = overPort_ == i;
    const double radius = outputPorts() > kNodeHeight / kPortSpacing ? kPortRadius - 2 : kPortRadius;
    port(outputPort(i), hovered, hovered ? colors.accent : colors.mutedText, hovered ? radius + 2 : radius);
  }
}

// While a connection is dragged over the canvas.
void CardItem::paintInputNames(QPainter& painter) const {
  const ThemeColors& colors = Theme::instance().colors();
  for (int i = 0; i < inputPorts() && !inputName(i).isEmpty(); ++i) {
    const bool chosen = targetPort_ == i;
    painter.setFont(fontOf(11, chosen));
    const double width = painter.fontMetrics().horizontalAdvance(inputName(i)) + 12;
    const QRectF plate(kPortRadius + 5, inputPort(i).y() - 7, width, 14);
    painter.setPen(QPen(chosen ? colors.success : colors.border, 1));
    painter.setBrush(colors.surface);
    painter.drawRoundedRect(plate, 7, 7);
    painter.setPen(colors.text);
    painter.drawText(plate, Qt::AlignCenter, inputName(i));
  }
}

QVariant CardItem::itemChange(GraphicsItemChange change, const QVariant& value) {
  if (change == ItemPositionChange && scene() != nullptr && scene()->mouseGrabberItem() != nullptr) {
    const QPointF target = value.toPointF();
    return QPointF(std::round(target.x() / kGrid) * kGrid, std::round(target.y() / kGrid) * kGrid);
  }
  if (change == ItemPositionHasChanged) Q_EMIT moved();
  return QGraphicsObject::itemChange(change, value);
}

void CardItem::hoverMoveEvent(QGraphicsSceneHoverEvent* event) {
  const std::optional<int> over = outputAt(event->pos());
  if (over != overPort_) {
    overPort_ = over;
    if (over) {
      setCursor(Qt::CrossCursor);
    } else {
      unsetCursor();
    }
    update();
  }
  QGraphicsObject::hoverMoveEvent(event);
}

void CardItem::hoverLeaveEvent(QGraphicsSceneHoverEvent* event) {
  overPort_.reset();
  unsetCursor();
  update();
  QGraphicsObject::hoverLeaveEvent(event);
}

}  // namespace tandem::ui
