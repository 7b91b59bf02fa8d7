#include "ui/editor/network_view.h"

#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QWheelEvent>
#include <cmath>

#include "ui/editor/layer_glyph.h"
#include "ui/models/network_layout.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

constexpr double kMinimumZoom = 0.1;
constexpr double kMaximumZoom = 4;
constexpr double kZoomStep = 1.2;
constexpr int kFitMargin = 24;  // pixels
constexpr int kMessageMs = 6000;

// Shift extends the selection like Ctrl, the only key that QGraphicsView knows for it.
QMouseEvent extending(const QMouseEvent& event) {
  const auto keys = event.modifiers();
  return {event.type(),           event.position(),
          event.globalPosition(), event.button(),
          event.buttons(),        keys.testFlag(Qt::ShiftModifier) ? keys | Qt::ControlModifier : keys,
          event.pointingDevice()};
}

}  // namespace

NetworkView::NetworkView(ProjectDocument& document, QWidget* parent)
    : QGraphicsView(parent), document_(document), scene_(new NetworkScene(document, this)) {
  setObjectName("networkView");
  setAccessibleName(tr("Network canvas"));
  setAccessibleDescription(
      tr("Layers, groups and their connections. Add layers from the palette, connect them by dragging, "
         "and group the selection with Ctrl+G."));
  setScene(scene_);
  setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
  setDragMode(RubberBandDrag);
  setTransformationAnchor(NoAnchor);
  setResizeAnchor(NoAnchor);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setViewportUpdateMode(FullViewportUpdate);  // cheaper than many regions for the grid and long curves
  setFrameShape(NoFrame);
  setAcceptDrops(true);
  setFocusPolicy(Qt::StrongFocus);
  setMinimumSize(240, 160);

  empty_ = new QLabel(
      tr("<h3>Draw a network</h3>Drag layers here from the palette, or double-click one there.<br>"
         "Then drag from the right port of one layer to the left port of the next to connect them."),
      viewport());
  empty_->setObjectName("canvasEmpty");
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setAttribute(Qt::WA_TransparentForMouseEvents);
  message_ = new QLabel(viewport());
  message_->setObjectName("canvasMessage");
  message_->setWordWrap(true);
  message_->setTextFormat(Qt::PlainText);
  message_->setAttribute(Qt::WA_TransparentForMouseEvents);
  message_->hide();
  messageTimer_.setSingleShot(true);
  messageTimer_.setInterval(kMessageMs);
  connect(&messageTimer_, &QTimer::timeout, message_, &QLabel::hide);

  makeActions();
  connect(scene_, &NetworkScene::contentsChanged, this, &NetworkView::contentsChanged);
  connect(scene_, &NetworkScene::refused, this, &NetworkView::showMessage);
  connect(&document, &ProjectDocument::projectReplaced, this, [this] { fitPending_ = true; });
  connect(&document, &ProjectDocument::revealRequested, this, &NetworkView::reveal);
  connect(&document, &ProjectDocument::selectionChanged, this, &NetworkView::updateActions);
  connect(&Theme::instance(), &Theme::changed, this, &NetworkView::styleOverlays);
  styleOverlays();
  contentsChanged();
}

void NetworkView::styleOverlays() {
  const ThemeColors& colors = Theme::instance().colors();
  empty_->setStyleSheet(QStringLiteral("color: %1; background: transparent;").arg(colors.mutedText.name()));
  message_->setStyleSheet(
      QStringLiteral(
          "color: %1; background: %2; border: 1px solid %3; border-radius: 6px; padding: 8px 12px;")
          .arg(colors.text.name(), colors.errorBack.name(), colors.error.name()));
  viewport()->update();
}

void NetworkView::contentsChanged() {
  empty_->setVisible(document_.network().layers().empty());
  updateActions();
  // Visible contents stay in place, because the canvas must not move under the pointer.
  const bool visible = viewport()->rect().contains(mapFromScene(scene_->contents()).boundingRect());
  if (isVisible() && (fitPending_ || (autoFit_ && !visible))) fit();
  placeOverlays();
}

void NetworkView::placeOverlays() {
  empty_->adjustSize();
  empty_->move((viewport()->width() - empty_->width()) / 2, (viewport()->height() - empty_->height()) / 2);
  if (message_->text().isEmpty()) return;
  message_->setFixedWidth(std::min(480, viewport()->width() - 24));
  message_->setFixedHeight(message_->heightForWidth(message_->width()));
  message_->move((viewport()->width() - message_->width()) / 2,
                 viewport()->height() - message_->height() - 12);
}

void NetworkView::showMessage(const QString& text) {
  message_->setText(text);
  message_->show();
  message_->raise();
  placeOverlays();
  messageTimer_.start();
}

void NetworkView::fit() {
  autoFit_ = true;
  fitPending_ = false;
  const QRectF box = scene_->contents();
  resetTransform();
  if (box.isNull()) {
    centerOn(QPointF());
    return;
  }
  const double width = std::max(1, viewport()->width() - 2 * kFitMargin);
  const double height = std::max(1, viewport()->height() - 2 * kFitMargin);
  const double factor = std::clamp(std::min(width / box.width(), height / box.height()), kMinimumZoom, 1.0);
  scale(factor, factor);
  centerOn(box.center());
}

void NetworkView::zoomBy(double factor, QPoint anchor) {
  const double target = std::clamp(zoom() * factor, kMinimumZoom, kMaximumZoom);
  if (target == zoom()) return;
  autoFit_ = false;
  const QPointF before = mapToScene(anchor);
  scale(target / zoom(), target / zoom());
  const QPointF shift = mapFromScene(before) - anchor;
  horizontalScrollBar()->setValue(horizontalScrollBar()->value() + static_cast<int>(std::lround(shift.x())));
  verticalScrollBar()->setValue(verticalScrollBar()->value() + static_cast<int>(std::lround(shift.y())));
}

void NetworkView::zoomIn() {
  zoomBy(kZoomStep, viewport()->rect().center());
}
void NetworkView::zoomOut() {
  zoomBy(1 / kZoomStep, viewport()->rect().center());
}

void NetworkView::reveal(int layer) {
  CardItem* card = scene_->card(layer);
  if (card == nullptr) return;
  document_.select({layer});
  if (zoom() < 0.5) {
    autoFit_ = false;
    resetTransform();
  }
  if (!autoFit_) centerOn(card);
}

void NetworkView::drawBackground(QPainter* painter, const QRectF& rect) {
  const ThemeColors& colors = Theme::instance().colors();
  painter->fillRect(rect, colors.canvas);
  if (zoom() < 0.35) return;  // the grid would blur to grey
  painter->setPen(QPen(colors.canvasGrid, 0));
  painter->setRenderHint(QPainter::Antialiasing, false);
  QVector<QLineF> lines;
  const auto first = [](double edge) { return static_cast<int>(std::floor(edge / kGrid)); };
  for (int column = first(rect.left()); column * kGrid <= rect.right(); ++column) {
    lines.append(QLineF(column * kGrid, rect.top(), column * kGrid, rect.bottom()));
  }
  for (int row = first(rect.top()); row * kGrid <= rect.bottom(); ++row) {
    lines.append(QLineF(rect.left(), row * kGrid, rect.right(), row * kGrid));
  }
  painter->drawLines(lines);
}

void NetworkView::wheelEvent(QWheelEvent* event) {
  zoomBy(std::pow(kZoomStep, event->angleDelta().y() / 120.0), event->position().toPoint());
  event->accept();
}

void NetworkView::setPanning(bool on) {
  panning_ = on;
  viewport()->setCursor(on ? Qt::ClosedHandCursor : spaceHeld_ ? Qt::OpenHandCursor : Qt::ArrowCursor);
}

void NetworkView::mousePressEvent(QMouseEvent* event) {
  const bool pan = event->button() == Qt::MiddleButton || (spaceHeld_ && event->button() == Qt::LeftButton);
  if (pan) {
    panFrom_ = event->pos();
    setPanning(true);
    event->accept();
    return;
  }
  QMouseEvent press = extending(*event);
  QGraphicsView::mousePressEvent(&press);
  event->setAccepted(press.isAccepted());
}

void NetworkView::mouseMoveEvent(QMouseEvent* event) {
  if (panning_) {
    const QPoint delta = event->pos() - panFrom_;
    panFrom_ = event->pos();
    autoFit_ = false;
    horizontalScrollBar()->setValue(horizontalScrollBar()->value() - delta.x());
    verticalScrollBar()->setValue(verticalScrollBar()->value() - delta.y());
    event->accept();
    return;
  }
  QMouseEvent move = extending(*event);
  QGraphicsView::mouseMoveEvent(&move);
  event->setAccepted(move.isAccepted());
}

void NetworkView::mouseReleaseEvent(QMouseEvent* event) {
  if (panning_) {
    setPanning(false);
    event->accept();
    return;
  }
  QMouseEvent release = extending(*event);
  QGraphicsView::mouseReleaseEvent(&release);
  event->setAccepted(release.isAccepted());
}

void NetworkView::keyPressEvent(QKeyEvent* event) {
  const double step = event->modifiers() & Qt::ShiftModifier ? 5 * kGrid : kGrid;
  switch (event->key()) {
    case Qt::Key_Space:
      if (!event->isAutoRepeat()) {
        spaceHeld_ = true;
        setPanning(false);
      }
      event->accept();
      return;
    case Qt::Key_Left:
      return nudge({-step, 0});
    case Qt::Key_Right:
      return nudge({step, 0});
    case Qt::Key_Up:
      return nudge({0, -step});
    case Qt::Key_Down:
      return nudge({0, step});
    default:
      QGraphicsView::keyPressEvent(event);
  }
}

void NetworkView::keyReleaseEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Space && !event->isAutoRepeat()) {
    spaceHeld_ = false;
    setPanning(false);
  }
  QGraphicsView::keyReleaseEvent(event);
}

void NetworkView::focusOutEvent(QFocusEvent* event) {
  spaceHeld_ = false;
  setPanning(false);
  QGraphicsView::focusOutEvent(event);
}

void NetworkView::nudge(QPointF step) {
  std::map<LayerId, QPointF> moves;
  for (const LayerId id : document_.selectedLayers()) moves[id] = document_.position(id) + step;
  if (!moves.empty()) document_.moveLayers(moves, true);
}

void NetworkView::resizeEvent(QResizeEvent* event) {
  QGraphicsView::resizeEvent(event);
  if (autoFit_) fit();
  placeOverlays();
}

void NetworkView::showEvent(QShowEvent* event) {
  QGraphicsView::showEvent(event);
  if (autoFit_ || fitPending_) fit();
}

bool NetworkView::viewportEvent(QEvent* event) {
  // After a drop, the canvas handles keyboard input.
  if (event->type() == QEvent::Drop) setFocus();
  return QGraphicsView::viewportEvent(event);
}

}  // namespace tandem::ui
