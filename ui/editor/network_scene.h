// The scene of the canvas: synchronizes the items of layers, connections and groups with the document, and
// turns gestures (moving, connecting, folding, dropping a palette layer) into edits of the document.
#pragma once

#include <QGraphicsScene>
#include <map>
#include <memory>

#include "ui/editor/connection_item.h"
#include "ui/editor/group_card.h"
#include "ui/editor/group_frame.h"
#include "ui/editor/node_item.h"
#include "ui/models/project_document.h"

namespace tandem::ui {

class NetworkScene : public QGraphicsScene {
  Q_OBJECT

 public:
  explicit NetworkScene(ProjectDocument& document, QObject* parent = nullptr);
  ~NetworkScene() override;

  NodeItem* node(LayerId id) const;
  CardItem* card(LayerId id) const;  // of the layer, or of the outermost folded group that hides it
  GroupCard* groupCard(GroupId id) const;
  GroupFrame* groupFrame(GroupId id) const;
  ConnectionItem* connection(Connection connection) const;
  // Sets the marks of all layers; layers not listed get none. A folded group shows the last mark among its
  // layers.
  void setMarks(const std::map<LayerId, NodeMark>& marks);
  // What a context menu at the point is about. Selects it, and only it, unless the selection includes it.
  enum class Subject { Canvas, Connection, Card, Group };
  Subject selectAt(QPointF point);
  QRectF contents() const;  // of all cards and frames; null when there are none

 Q_SIGNALS:
  void contentsChanged();
  void refused(const QString& reason);  // why a gesture failed, for the user

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
  using Key = std::tuple<Source, LayerId, int>;

  void sync();
  void syncNodes();
  void syncGroups();
  void placeGroups();  // cards, and frames around the current node positions
  void groupPressed(GroupId id, Qt::KeyboardModifiers keys);
  void groupDragged(QPointF distance);
  void groupCardMoved(GroupId id);
  void setFolded(GroupId id, bool folded);
  std::vector<CardItem*> cards() const;  // the visible ones
  void syncConnections();
  void routeConnections();
  bool isBlocked(QPointF start, QPointF end) const;  // a card is in the way
  void refreshNodes();
  void pullSelection();  // from the document
  void pushSelection();  // to the document
  CardItem* cardAt(QPointF point) const;
  std::set<LayerId> layersAt(QPointF point) const;  // of the card or title at the point
  ConnectionItem* connectionAt(QPointF point) const;
  void beginConnecting(CardItem* from, int port, QPointF point);
  // Of the dragged connection, at this port or as a whole.
  std::optional<Error> connectionError(const CardItem& to, std::optional<int> port) const;
  CardItem::Target targetOf(const CardItem& card) const;  // while the pointer is elsewhere
  void updateConnecting(QPointF point);
  void finishConnecting();
  void cancelConnecting();
  void pushMoves();

  ProjectDocument& document_;
  std::map<LayerId, NodeItem*> nodes_;
  struct GroupItems {
    GroupFrame* frame = nullptr;
    GroupCard* card = nullptr;
  };
  std::map<GroupId, GroupItems> groups_;  // one of the two is visible, unless a group around it is folded
  std::map<Key, ConnectionItem*> connections_;
  bool syncing_ = false;

  // State of the current gesture.
  std::optional<Source> connectingFrom_;
  CardItem* connectingCard_ = nullptr;  // of that layer
  int connectingPort_ = 0;              // of that card
  CardItem* connectingTo_ = nullptr;    // below the pointer
  std::optional<int> connectingInput_;  // of that card, if inputs have names: the port below the pointer
  std::unique_ptr<ConnectionItem> dragged_;
  QString droppedType_;
  QPointF dropPoint_;  // centre of the new node
  ConnectionItem* dropOn_ = nullptr;
};

// What the palette drags: the layer's type as UTF-8.
inline constexpr auto kLayerMime = "application/x-tandem-layer";

}  // namespace tandem::ui
