// Gestures of NetworkScene: connecting by dragging, moving nodes, dropping layers from the palette.
#include <QGraphicsSceneDragDropEvent>
#include <QGraphicsSceneMouseEvent>
#include <QKeyEvent>
#include <QMimeData>
#include <cmath>

#include "ui/editor/network_scene.h"
#include "ui/models/format.h"
#include "ui/models/network_layout.h"

namespace tandem::ui {
namespace {

QPointF onGrid(QPointF point) {
  return {std::round(point.x() / kGrid) * kGrid, std::round(point.y() / kGrid) * kGrid};
}

const QPointF kHalfNode(kNodeWidth / 2, kNodeHeight / 2);

}  // namespace

void NetworkScene::mousePressEvent(QGraphicsSceneMouseEvent* event) {
  if (event->button() == Qt::LeftButton) {
    CardItem* item = cardAt(event->scenePos());
    const auto port = item == nullptr ? std::nullopt : item->outputAt(item->mapFromScene(event->scenePos()));
    if (port) {
      beginConnecting(item, *port, event->scenePos());
      event->accept();
      return;
    }
  }
  if (event->button() == Qt::RightButton) {
    event->accept();  // the context menu selects
    return;
  }
  QGraphicsScene::mousePressEvent(event);
}

NetworkScene::Subject NetworkScene::selectAt(QPointF point) {
  const std::set<LayerId> layers = layersAt(point);
  if (!layers.empty()) {
    const auto& selected = document_.selectedLayers();
    if (!std::includes(selected.begin(), selected.end(), layers.begin(), layers.end()))
      document_.select(layers);
    return document_.groupOfExactly(document_.selectedLayers()) != nullptr ? Subject::Group : Subject::Card;
  }
  if (const ConnectionItem* line = connectionAt(point)) {
    const auto& chosen = document_.selectedConnections();
    const bool included = std::find(chosen.begin(), chosen.end(), line->connection()) != chosen.end();
    if (!included || !document_.selectedLayers().empty()) document_.select({}, {line->connection()});
    return Subject::Connection;
  }
  document_.select({});
  return Subject::Canvas;
}

void NetworkScene::mouseMoveEvent(QGraphicsSceneMouseEvent* event) {
  if (connectingFrom_) {
    updateConnecting(event->scenePos());
    event->accept();
    return;
  }
  QGraphicsScene::mouseMoveEvent(event);
}

void NetworkScene::mouseReleaseEvent(QGraphicsSceneMouseEvent* event) {
  if (connectingFrom_ && event->button() == Qt::LeftButton) {
    updateConnecting(event->scenePos());
    finishConnecting();
    event->accept();
    return;
  }
  QGraphicsScene::mouseReleaseEvent(event);
  if (event->button() == Qt::LeftButton) pushMoves();
}

void NetworkScene::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && connectingFrom_) {
    cancelConnecting();
    event->accept();
    return;
  }
  QGraphicsScene::keyPressEvent(event);
}

void NetworkScene::pushMoves() {
  std::map<LayerId, QPointF> moves;
  for (const auto& [id, node] : nodes_) {
    if (node->pos() != document_.position(id)) moves[id] = node->pos();
  }
  if (!moves.empty()) document_.moveLayers(moves);
}

std::optional<Error> NetworkScene::connectionError(const CardItem& to, std::optional<int> port) const {
  const Result<LayerId> sink = to.sink();
  return sink.ok() ? document_.connectionError(*connectingFrom_, *sink, port) : sink.error();
}

CardItem::Target NetworkScene::targetOf(const CardItem& card) const {
  // A connection may replace a named input, even if none is free.
  const auto port = card.inputName(0).isEmpty() ? std::nullopt : std::optional(0);
  return connectionError(card, port) ? CardItem::Target::Invalid : CardItem::Target::Valid;
}

void NetworkScene::beginConnecting(CardItem* from, int port, QPointF point) {
  const Result<Source> source = from->source(port);
  if (!source.ok()) {
    Q_EMIT refused(errorText(source.error()));
    return;
  }
  connectingFrom_ = *source;
  connectingCard_ = from;
  connectingPort_ = port;
  dragged_ = std::make_unique<ConnectionItem>(Connection{*source, 0});
  dragged_->setAcceptedMouseButtons(Qt::NoButton);
  dragged_->setZValue(2);
  addItem(dragged_.get());
  for (CardItem* item : cards()) {
    if (item != from) item->setTarget(targetOf(*item));
  }
  updateConnecting(point);
}

void NetworkScene::updateConnecting(QPointF point) {
  CardItem* over = cardAt(point);
  if (over == connectingCard_) over = nullptr;
  if (over != connectingTo_) {
    if (connectingTo_ != nullptr) connectingTo_->setTarget(targetOf(*connectingTo_));
    connectingTo_ = over;
  }
  connectingInput_ = over == nullptr ? std::nullopt : over->inputAt(over->mapFromScene(point));
  bool rejected = false;
  QPointF end = point;
  if (over != nullptr) {
    rejected = connectionError(*over, connectingInput_).has_value();
    const int input = connectingInput_.value_or(over->nextInput());
    over->setTarget(rejected ? targetOf(*over) : CardItem::Target::Hovered,
                    rejected ? std::nullopt : std::optional(input));
    if (!rejected) end = over->pos() + over->inputPort(input);
  }
  dragged_->setLook(rejected ? ConnectionItem::Look::Refused : ConnectionItem::Look::Dragged);
  dragged_->setEnds(connectingCard_->pos() + connectingCard_->outputPort(connectingPort_), end, false);
}

void NetworkScene::finishConnecting() {
  const Source from = *connectingFrom_;
  const CardItem* to = connectingTo_;
  const std::optional<int> input = connectingInput_;
  cancelConnecting();
  if (to == nullptr) return;
  const Result<LayerId> sink = to->sink();
  const Status status = sink.ok() ? document_.connectLayers(from, *sink, input) : Status(sink.error());
  if (!status.ok()) Q_EMIT refused(errorText(status.error()));
}

void NetworkScene::cancelConnecting() {
  if (!connectingFrom_) return;
  connectingFrom_.reset();
  connectingCard_ = nullptr;
  connectingTo_ = nullptr;
  connectingInput_.reset();
  dragged_.reset();
  for (const auto& [id, node] : nodes_) node->setTarget(CardItem::Target::None);
  for (const auto& [id, items] : groups_) items.card->setTarget(CardItem::Target::None);
}

void NetworkScene::dragEnterEvent(QGraphicsSceneDragDropEvent* event) {
  if (!event->mimeData()->hasFormat(kLayerMime)) {
    event->ignore();
    return;
  }
  droppedType_ = QString::fromUtf8(event->mimeData()->data(kLayerMime));
  dragMoveEvent(event);
}

void NetworkScene::dragMoveEvent(QGraphicsSceneDragDropEvent* event) {
  if (droppedType_.isEmpty()) {
    event->ignore();
    return;
  }
  if (dropOn_ != nullptr) dropOn_->setLook(ConnectionItem::Look::Normal);
  const LayerDef* def = findLayer(droppedType_.toStdString());
  const bool acceptsInput = def != nullptr && def->maxInputs > 0;
  dropOn_ = acceptsInput && cardAt(event->scenePos()) == nullptr ? connectionAt(event->scenePos()) : nullptr;
  if (dropOn_ != nullptr) dropOn_->setLook(ConnectionItem::Look::InsertTarget);
  dropPoint_ = onGrid(event->scenePos() - kHalfNode) + kHalfNode;
  event->setDropAction(Qt::CopyAction);
  event->accept();
  update();
}

void NetworkScene::dragLeaveEvent(QGraphicsSceneDragDropEvent* event) {
  if (dropOn_ != nullptr) dropOn_->setLook(ConnectionItem::Look::Normal);
  dropOn_ = nullptr;
  droppedType_.clear();
  update();
  event->accept();
}

void NetworkScene::dropEvent(QGraphicsSceneDragDropEvent* event) {
  if (droppedType_.isEmpty()) {
    event->ignore();
    return;
  }
  const QString type = std::exchange(droppedType_, QString());
  ConnectionItem* line = std::exchange(dropOn_, nullptr);
  if (line != nullptr) line->setLook(ConnectionItem::Look::Normal);
  const QPointF corner = dropPoint_ - kHalfNode;
  const Result<LayerId> added =
      line != nullptr ? document_.insertLayer(type, line->connection()) : document_.addLayer(type, corner);
  if (!added.ok()) Q_EMIT refused(errorText(added.error()));
  event->setDropAction(Qt::CopyAction);
  event->accept();
  update();
}

}  // namespace tandem::ui
