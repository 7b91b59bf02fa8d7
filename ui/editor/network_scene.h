// The canvas' scene: keeps one item per layer and connection in step with the document, and turns
// gestures (moving, connecting, dropping a layer from the palette) into edits of the document.
#pragma once

#include <QGraphicsScene>
#include <map>
#include <memory>

#include "ui/editor/connection_item.h"
#include "ui/editor/node_item.h"
#include "ui/models/project_document.h"

namespace tandem::ui {

class NetworkScene : public QGraphicsScene {
  Q_OBJECT

 public:
  explicit NetworkScene(ProjectDocument& document, QObject* parent = nullptr);
  ~NetworkScene() override;

  NodeItem* node(LayerId id) const;
  ConnectionItem* connection(Connection connection) const;
  void setMarks(const std::map<LayerId, NodeMark>& marks);  // of all layers: who is not named has none
  QRectF contents() const;                                  // of all nodes; null when there are none

 Q_SIGNALS:
  void contentsChanged();
  void refused(const QString& reason);  // a gesture that cannot be done, for people

 protected:
  void mousePressEvent(QGraphicsSceneMouseEvent* event) override;
  void mouseMoveEvent(QGraphicsSceneMouseEvent* event) override;
  void mouseReleaseEvent(QGraphicsSceneMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void dragEnterEvent(QGraphicsSceneDragDropEvent* event) override;
  void dragMoveEvent(QGraphicsSceneDragDropEvent* event) override;
  void dragLeaveEvent(QGraphicsSceneDragDropEvent* event) override;
  void dropEvent(QGraphicsSceneDragDropEvent* event) override;
  void drawForeground(QPainter* painter, const QRectF& rect) override;

 private:
  // From, to, and the input port: a layer may read another one twice.
  using Key = std::tuple<LayerId, LayerId, int>;

  void sync();
  void syncNodes();
  void syncConnections();
  void routeConnections();
  bool isBlocked(QPointF start, QPointF end) const;  // a node stands in the way
  void refreshNodes();
  void pullSelection();  // from the document
  void pushSelection();  // to the document
  NodeItem* nodeAt(QPointF point) const;
  ConnectionItem* connectionAt(QPointF point) const;
  void beginConnecting(NodeItem* from, QPointF point);
  void updateConnecting(QPointF point);
  void finishConnecting();
  void cancelConnecting();
  void pushMoves();

  ProjectDocument& document_;
  std::map<LayerId, NodeItem*> nodes_;
  std::map<Key, ConnectionItem*> connections_;
  bool syncing_ = false;

  // The gesture under way.
  LayerId connectingFrom_ = 0;
  NodeItem* connectingTo_ = nullptr;  // below the pointer
  std::unique_ptr<ConnectionItem> dragged_;
  QString droppedType_;
  QPointF dropPoint_;  // centre of the node to come
  ConnectionItem* dropOn_ = nullptr;
};

// What the palette drags: the layer's type as UTF-8.
inline constexpr auto kLayerMime = "application/x-tandem-layer";

}  // namespace tandem::ui
