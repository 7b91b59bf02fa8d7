#include "ui/try/drawing_pad.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>

#include "ui/theme/theme.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

constexpr int kSide = 280, kLeastSide = 140, kMargin = 12;
constexpr double kKeyStep = 1.0 / 28;  // a pixel of MNIST

}  // namespace

DrawingPad::DrawingPad(double aspect, QWidget* parent) : QWidget(parent), aspect_(aspect) {
  describe(this, "tryPad", tr("Drawing area"),
           tr("Draw with the mouse, or with the arrow keys: Space lowers and raises the pen"));
  setAccessibleDescription(toolTip());
  setFocusPolicy(Qt::StrongFocus);
  setCursor(Qt::CrossCursor);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
  cursor_.y = aspect / 2;
  connect(&Theme::instance(), &Theme::changed, this, QOverload<>::of(&QWidget::update));
}

QSize DrawingPad::sizeHint() const {
  return {kSide, kSide};
}

QSize DrawingPad::minimumSizeHint() const {
  return {kLeastSide, kLeastSide};
}

void DrawingPad::setLightOnDark(bool light) {
  lightOnDark_ = light;
  update();
}

void DrawingPad::setPicture(const QImage& picture) {
  picture_ = picture;
  update();
}

void DrawingPad::undo() {
  if (strokes_.empty()) return;
  strokes_.pop_back();
  pressed_ = lowered_ = false;
  update();
  Q_EMIT drawn();
}

void DrawingPad::clear() {
  strokes_.clear();
  picture_ = {};
  pressed_ = lowered_ = false;
  update();
}

// As large as the widget permits, in the middle.
QRectF DrawingPad::area() const {
  const double side = std::min<double>(width() - 2, (height() - 2) / aspect_);
  QRectF area(0, 0, side, side * aspect_);
  area.moveCenter(QRectF(rect()).center());
  return area;
}

Stroke::Point DrawingPad::pointAt(const QPointF& position) const {
  const QRectF own = area();
  return {(position.x() - own.left()) / own.width(), (position.y() - own.top()) / own.width()};
}

QPointF DrawingPad::positionOf(const Stroke::Point& point) const {
  const QRectF own = area();
  return {own.left() + point.x * own.width(), own.top() + point.y * own.width()};
}

void DrawingPad::begin(const Stroke::Point& point) {
  strokes_.push_back({pen_, {point}});
  picture_ = {};
  update();
  Q_EMIT drawn();
}

void DrawingPad::extend(const Stroke::Point& point) {
  strokes_.back().points.push_back(point);
  update();
  Q_EMIT drawn();
}

void DrawingPad::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  pressed_ = true;
  lowered_ = keys_ = false;
  begin(pointAt(event->position()));
}

void DrawingPad::mouseMoveEvent(QMouseEvent* event) {
  if (pressed_ && !strokes_.empty()) extend(pointAt(event->position()));
}

void DrawingPad::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) pressed_ = false;
}

void DrawingPad::keyPressEvent(QKeyEvent* event) {
  Stroke::Point to = cursor_;
  switch (event->key()) {
    case Qt::Key_Left:
      to.x -= kKeyStep;
      break;
    case Qt::Key_Right:
      to.x += kKeyStep;
      break;
    case Qt::Key_Up:
      to.y -= kKeyStep;
      break;
    case Qt::Key_Down:
      to.y += kKeyStep;
      break;
    case Qt::Key_Space:
      keys_ = true;
      lowered_ = !lowered_;
      if (lowered_) begin(cursor_);
      update();
      return;
    default:
      QWidget::keyPressEvent(event);
      return;
  }
  if (event->modifiers() & (Qt::ControlModifier | Qt::AltModifier)) {
    QWidget::keyPressEvent(event);
    return;
  }
  keys_ = true;
  cursor_ = {std::clamp(to.x, 0.0, 1.0), std::clamp(to.y, 0.0, aspect_)};
  if (lowered_ && !strokes_.empty()) extend(cursor_);
  update();
}

void DrawingPad::focusInEvent(QFocusEvent* event) {
  keys_ = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
  QWidget::focusInEvent(event);
  update();
}

void DrawingPad::focusOutEvent(QFocusEvent* event) {
  keys_ = lowered_ = false;
  QWidget::focusOutEvent(event);
  update();
}

void DrawingPad::paintEvent(QPaintEvent*) {
  const ThemeColors& colors = Theme::instance().colors();
  const QRectF own = area();
  // The image, whose colors are those of the data in both themes.
  const QColor ink = lightOnDark_ ? Qt::white : Qt::black, paper = lightOnDark_ ? Qt::black : Qt::white;
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.fillRect(own, paper);
  if (!picture_.isNull()) {
    painter.drawImage(own, picture_);  // not smoothed, so that its pixels can be seen
  } else if (strokes_.empty()) {
    QColor hint = ink;
    hint.setAlphaF(0.6F);
    painter.setPen(hint);
    painter.drawText(own.adjusted(kMargin, kMargin, -kMargin, -kMargin), Qt::AlignCenter | Qt::TextWordWrap,
                     tr("Draw here, or drop an image"));
  }
  painter.save();
  painter.setClipRect(own);
  for (const Stroke& stroke : strokes_) {
    QPainterPath path(positionOf(stroke.points.front()));
    for (const Stroke::Point& point : stroke.points) path.lineTo(positionOf(point));
    const double width = stroke.width * own.width();
    if (stroke.points.size() == 1) {
      painter.setPen(Qt::NoPen);
      painter.setBrush(ink);
      painter.drawEllipse(positionOf(stroke.points.front()), width / 2, width / 2);
      continue;
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(ink, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
  }
  painter.restore();
  painter.setBrush(Qt::NoBrush);
  if (keys_ && hasFocus()) {
    painter.setPen(QPen(colors.accent, lowered_ ? 3 : 1.5));
    const double radius = std::max(4.0, pen_ * own.width() / 2);
    painter.drawEllipse(positionOf(cursor_), radius, radius);
  }
  painter.setPen(QPen(hasFocus() ? colors.accent : colors.border, hasFocus() ? 2 : 1));
  painter.drawRect(own);
}

}  // namespace tandem::ui
