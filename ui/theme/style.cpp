#include "ui/theme/style.h"

#include <QPainter>
#include <QPainterPath>
#include <QStyleOption>
#include <algorithm>

namespace tandem::ui {

Style::Style() : QProxyStyle("Fusion") {
  setObjectName("fusion");
}

namespace {

// Fusion derives this border from the window's colour, beside which it is invisible in the dark theme.
void drawFieldBorder(const QStyleOption& option, QPainter& painter) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(option.palette.color(QPalette::Disabled, QPalette::Text));
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5), 2, 2);
  painter.restore();
}

}  // namespace

void Style::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                          const QWidget* widget) const {
  if (element == PE_FrameLineEdit) {
    QProxyStyle::drawPrimitive(element, option, painter, widget);
    if ((option->state & State_HasFocus) == 0) drawFieldBorder(*option, *painter);
    return;
  }
  const bool radio = element == PE_IndicatorRadioButton;
  if (!radio && element != PE_IndicatorCheckBox && element != PE_IndicatorItemViewItemCheck) {
    QProxyStyle::drawPrimitive(element, option, painter, widget);
    return;
  }
  const QPalette& colors = option->palette;
  const bool on = (option->state & State_On) != 0;
  const bool half = (option->state & State_NoChange) != 0;
  const bool enabled = (option->state & State_Enabled) != 0;
  const qreal side = std::min(option->rect.width(), option->rect.height()) - 1;
  QRectF box(0, 0, side, side);
  box.moveCenter(QRectF(option->rect).center());
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  const QPalette::ColorGroup group = enabled ? QPalette::Active : QPalette::Disabled;
  const QColor accent = colors.color(group, QPalette::Highlight);
  const bool lit = (option->state & (State_HasFocus | State_MouseOver)) != 0 && enabled;
  painter->setPen(
      QPen(on || half || lit ? accent : colors.color(group, QPalette::PlaceholderText), lit ? 1.6 : 1));
  painter->setBrush(on || half ? accent : colors.color(group, QPalette::Base));
  const qreal corner = radio ? side / 2 : 2.5;
  painter->drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), corner, corner);
  painter->setPen(QPen(colors.color(group, QPalette::HighlightedText), side / 7, Qt::SolidLine, Qt::RoundCap,
                       Qt::RoundJoin));
  painter->setBrush(Qt::NoBrush);
  const auto at = [&](qreal x, qreal y) { return QPointF(box.left() + x * side, box.top() + y * side); };
  if (radio) {
    painter->setPen(Qt::NoPen);
    painter->setBrush(colors.color(group, QPalette::HighlightedText));
    if (on) painter->drawEllipse(box.center(), side / 5, side / 5);
  } else if (on) {
    QPainterPath tick(at(0.25, 0.52));
    tick.lineTo(at(0.43, 0.7));
    tick.lineTo(at(0.75, 0.32));
    painter->drawPath(tick);
  } else if (half) {
    painter->drawLine(at(0.28, 0.5), at(0.72, 0.5));
  }
  painter->restore();
}

}  // namespace tandem::ui
