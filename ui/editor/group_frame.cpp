#include "ui/editor/group_frame.h"

#include <QCursor>
#include <QFontMetricsF>
#include <QGraphicsSceneMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QStyleOptionGraphicsItem>

#include "ui/editor/group_card.h"
#include "ui/editor/layer_glyph.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

constexpr double kRadius = 12;
constexpr double kTitleHeight = 24;
constexpr double kTitleInset = 5;  // from the frame's corner
constexpr double kPadding = 9;
constexpr double kGap = 8;
constexpr double kFarAway = 0.5;  // as for cards

QFont fontOf(int pixels, bool bold) {
  QFont font;
  font.setPixelSize(pixels);
  font.setBold(bold);
  return font;
}

const auto kNameFont = [] { return fontOf(13, true); };
const auto kFactsFont = [] { return fontOf(11, false); };

}  // namespace

GroupFrame::GroupFrame(ProjectDocument& document, GroupId id) : document_(document), id_(id) {
  setAcceptHoverEvents(true);
  setCursor(Qt::OpenHandCursor);
  refresh();
}

void GroupFrame::setFrame(const QRectF& frame) {
  if (frame == frame_) return;
  prepareGeometryChange();
  frame_ = frame;
  measureTitle();
}

void GroupFrame::refresh() {
  const Group* group = document_.network().findGroup(id_);
  if (group == nullptr) return;
  const LayerFacts facts = document_.factsOf(*group);
  prepareGeometryChange();
  name_ = groupTitle(*group);
  facts_ = tr("%1 params").arg(countText(facts.parameters + facts.untrained));
  measureTitle();
  QString tip = QStringLiteral("<b>%1</b><br>").arg(name_.toHtmlEscaped());
  if (group->repeat > 1)
    tip += tr("Repeated %1 times in sequence, each with its own weights.").arg(group->repeat) + "<br>";
  setToolTip(tip + tr("Click to select the layers, drag to move them, double-click to fold them."));
  update();
}

void GroupFrame::measureTitle() {
  const double available = std::max(40.0, frame_.width() - 2 * kTitleInset);
  const double needed = QFontMetricsF(kNameFont()).horizontalAdvance(name_) + kGap +
                        QFontMetricsF(kFactsFont()).horizontalAdvance(facts_) + 2 * kPadding;
  title_ = {frame_.left() + kTitleInset, frame_.top() + kTitleInset, std::min(needed, available),
            kTitleHeight};
}

QRectF GroupFrame::boundingRect() const {
  return frame_.adjusted(-2, -2, 2, 2);
}

QPainterPath GroupFrame::shape() const {
  QPainterPath path;
  path.addRect(title_);
  return path;
}

void GroupFrame::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget*) {
  const Group* group = document_.network().findGroup(id_);
  if (group == nullptr) return;
  const ThemeColors& colors = Theme::instance().colors();
  const bool selected = document_.groupOfExactly(document_.selectedLayers()) == group;
  painter->setRenderHint(QPainter::Antialiasing);
  QColor fill = colors.accent;
  fill.setAlphaF(Theme::instance().dark() ? 0.10F : 0.06F);
  painter->setBrush(fill);
  painter->setPen(selected ? QPen(colors.accent, 2) : QPen(mixed(colors.accent, colors.border, 0.45), 1.2));
  painter->drawRoundedRect(frame_, kRadius, kRadius);

  painter->setPen(Qt::NoPen);
  painter->setBrush(mixed(colors.accent, colors.surface, hovered_ || selected ? 0.30 : 0.18));
  painter->drawRoundedRect(title_, 6, 6);
  const QRectF box = title_.adjusted(kPadding, 0, -kPadding, 0);
  painter->setPen(colors.text);
  if (option->levelOfDetailFromTransform(painter->worldTransform()) < kFarAway) {
    painter->setFont(fontOf(20, true));
    painter->drawText(box, Qt::AlignVCenter | Qt::TextSingleLine,
                      QFontMetricsF(painter->font()).elidedText(name_, Qt::ElideRight, box.width()));
    return;
  }
  painter->setFont(kNameFont());
  const QFontMetricsF metrics(painter->font());
  const QString name = metrics.elidedText(name_, Qt::ElideRight, box.width());
  painter->drawText(box, Qt::AlignVCenter | Qt::TextSingleLine, name);
  const double used = metrics.horizontalAdvance(name) + kGap;
  painter->setFont(kFactsFont());
  if (used + QFontMetricsF(painter->font()).horizontalAdvance(facts_) > box.width() + 1) return;
  painter->setPen(mixed(colors.mutedText, colors.text, 0.7));
  painter->drawText(box, Qt::AlignVCenter | Qt::AlignRight | Qt::TextSingleLine, facts_);
}

void GroupFrame::mousePressEvent(QGraphicsSceneMouseEvent* event) {
  if (event->button() != Qt::LeftButton) {
    event->ignore();
    return;
  }
  setCursor(Qt::ClosedHandCursor);
  Q_EMIT pressed(event->modifiers());
  event->accept();
}

void GroupFrame::mouseMoveEvent(QGraphicsSceneMouseEvent* event) {
  Q_EMIT dragged(event->scenePos() - event->buttonDownScenePos(Qt::LeftButton));
}

void GroupFrame::mouseReleaseEvent(QGraphicsSceneMouseEvent*) {
  setCursor(Qt::OpenHandCursor);
}

void GroupFrame::mouseDoubleClickEvent(QGraphicsSceneMouseEvent* event) {
  if (event->button() == Qt::LeftButton) Q_EMIT foldRequested();
  event->accept();
}

void GroupFrame::hoverEnterEvent(QGraphicsSceneHoverEvent* event) {
  hovered_ = true;
  update();
  QGraphicsObject::hoverEnterEvent(event);
}

void GroupFrame::hoverLeaveEvent(QGraphicsSceneHoverEvent* event) {
  hovered_ = false;
  update();
  QGraphicsObject::hoverLeaveEvent(event);
}

}  // namespace tandem::ui
