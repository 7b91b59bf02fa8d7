// Gestures of NetworkScene: connecting by drag, moving nodes, dropping layers from the palette.
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
    NodeItem* node = nodeAt(event->scenePos());
    if (node != nullptr && node->hitsOutput(node->mapFromScene(event->scenePos()))) {
      beginConnecting(node, event->scenePos());
      event->accept();
      return;
    }
  }
  if (event->button() == Qt::RightButton) {
    // The menu speaks of what is below the pointer, so that is what is selected.
    if (NodeItem* node = nodeAt(event->scenePos()); node != nullptr && !node->isSelected()) {
      document_.select({node->id()});
    }
    event->accept();
    return;
  }
  QGraphicsScene::mousePressEvent(event);
}

void NetworkScene::mouseMoveEvent(QGraphicsSceneMouseEvent* event) {
  if (connectingFrom_ != 0) {
    updateConnecting(event->scenePos());
    event->accept();
    return;
  }
  QGraphicsScene::mouseMoveEvent(event);
}

void NetworkScene::mouseReleaseEvent(QGraphicsSceneMouseEvent* event) {
  if (connectingFrom_ != 0 && event->button() == Qt::LeftButton) {
    updateConnecting(event->scenePos());
    finishConnecting();
    event->accept();
    return;
  }
  QGraphicsScene::mouseReleaseEvent(event);
  if (event->button() == Qt::LeftButton) pushMoves();
}

void NetworkScene::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && connectingFrom_ != 0) {
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

void NetworkScene::beginConnecting(NodeItem* from, QPointF point) {
  connectingFrom_ = from->id();
  dragged_ = std::make_unique<ConnectionItem>(Connection{from->id(), 0});
  dragged_->setAcceptedMouseButtons(Qt::NoButton);
  dragged_->setZValue(2);
  addItem(dragged_.get());
  for (const auto& [id, node] : nodes_) {
    if (id == connectingFrom_) continue;
    const bool valid = !document_.connectionRefusal(connectingFrom_, id).has_value();
    node->setTarget(valid ? NodeItem::Target::Valid : NodeItem::Target::Invalid);
  }
  updateConnecting(point);
}

void NetworkScene::updateConnecting(QPointF point) {
  NodeItem* over = nodeAt(point);
  if (over != nullptr && over->id() == connectingFrom_) over = nullptr;
  if (over != connectingTo_) {
    if (connectingTo_ != nullptr) {
      const bool valid = !document_.connectionRefusal(connectingFrom_, connectingTo_->id()).has_value();
      connectingTo_->setTarget(valid ? NodeItem::Target::Valid : NodeItem::Target::Invalid);
    }
    connectingTo_ = over;
  }
  bool refusedHere = false;
  QPointF end = point;
  if (over != nullptr) {
    refusedHere = document_.connectionRefusal(connectingFrom_, over->id()).has_value();
    if (!refusedHere) {
      over->setTarget(NodeItem::Target::Hovered);
      end = over->pos() + over->inputPort(over->inputPorts() - 1);
    }
  }
  const NodeItem* from = node(connectingFrom_);
  dragged_->setLook(refusedHere ? ConnectionItem::Look::Refused : ConnectionItem::Look::Dragged);
  dragged_->setEnds(from->pos() + from->outputPort(), end, false);
}

void NetworkScene::finishConnecting() {
  const LayerId from = connectingFrom_;
  const LayerId to = connectingTo_ == nullptr ? 0 : connectingTo_->id();
  cancelConnecting();
  if (to == 0) return;
  const Status status = document_.connectLayers(from, to);
  if (!status.ok()) Q_EMIT refused(errorText(status.error()));
}

void NetworkScene::cancelConnecting() {
  if (connectingFrom_ == 0) return;
  connectingFrom_ = 0;
  connectingTo_ = nullptr;
  dragged_.reset();
  for (const auto& [id, node] : nodes_) node->setTarget(NodeItem::Target::None);
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
  const bool takesInput = def != nullptr && def->maxInputs > 0;
  dropOn_ = takesInput && nodeAt(event->scenePos()) == nullptr ? connectionAt(event->scenePos()) : nullptr;
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
