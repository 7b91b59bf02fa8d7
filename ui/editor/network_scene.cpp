#include "ui/editor/network_scene.h"

#include <QGraphicsSceneMouseEvent>
#include <QKeyEvent>
#include <QPainter>

#include "ui/models/format.h"
#include "ui/models/network_layout.h"
#include "ui/models/placement.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

constexpr double kPanMargin = 4000;  // around the nodes, for free panning

}  // namespace

NetworkScene::NetworkScene(ProjectDocument& document, QObject* parent)
    : QGraphicsScene(parent), document_(document) {
  setObjectName("networkScene");
  setItemIndexMethod(NoIndex);  // the items are few and move often
  connect(&document, &ProjectDocument::networkChanged, this, &NetworkScene::sync);
  connect(&document, &ProjectDocument::layoutChanged, this, &NetworkScene::sync);
  connect(&document, &ProjectDocument::analysisChanged, this, &NetworkScene::refreshNodes);
  connect(&document, &ProjectDocument::selectionChanged, this, &NetworkScene::pullSelection);
  connect(this, &QGraphicsScene::selectionChanged, this, &NetworkScene::pushSelection);
  connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
  sync();
}

NetworkScene::~NetworkScene() {
  // Removing items changes the selection, which must no longer reach the document.
  disconnect(this, nullptr, this, nullptr);
}

NodeItem* NetworkScene::node(LayerId id) const {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : found->second;
}

ConnectionItem* NetworkScene::connection(Connection connection) const {
  for (const auto& [key, item] : connections_) {
    if (item->connection() == connection) return item;
  }
  return nullptr;
}

void NetworkScene::sync() {
  syncing_ = true;
  cancelConnecting();
  syncNodes();
  syncGroups();
  syncConnections();
  syncing_ = false;
  pullSelection();
  const QRectF box = contents();
  setSceneRect(box.isNull() ? QRectF(-kPanMargin, -kPanMargin, 2 * kPanMargin, 2 * kPanMargin)
                            : box.adjusted(-kPanMargin, -kPanMargin, kPanMargin, kPanMargin));
  Q_EMIT contentsChanged();
}

void NetworkScene::syncNodes() {
  for (auto it = nodes_.begin(); it != nodes_.end();) {
    if (document_.network().find(it->first) == nullptr) {
      delete it->second;
      it = nodes_.erase(it);
    } else {
      ++it;
    }
  }
  for (const Layer& layer : document_.network().layers()) {
    NodeItem*& item = nodes_[layer.id];
    if (item == nullptr) {
      item = new NodeItem(document_, layer.id);
      addItem(item);
      connect(item, &NodeItem::moved, this, [this] {
        if (syncing_) return;  // some end points may already be deleted
        placeGroups();
        routeConnections();
      });
    }
    item->setPos(document_.position(layer.id));
    item->setVisible(hidingGroup(document_.network(), layer.id) == nullptr);
    item->refresh();
  }
}

void NetworkScene::syncConnections() {
  std::map<Key, ConnectionItem*> current;
  for (const Layer& layer : document_.network().layers()) {
    for (std::size_t port = 0; port < layer.inputs.size(); ++port) {
      const Source input = layer.inputs[port];
      if (input == Source()) continue;
      const Key key{input, layer.id, static_cast<int>(port)};
      const auto known = connections_.find(key);
      if (known != connections_.end()) {
        current[key] = known->second;
        connections_.erase(known);
      } else {
        current[key] = new ConnectionItem({input, layer.id, static_cast<int>(port)});
        addItem(current[key]);
      }
    }
  }
  dropOn_ = nullptr;
  for (const auto& [key, item] : connections_) delete item;
  connections_ = std::move(current);
  routeConnections();
}

void NetworkScene::routeConnections() {
  for (const auto& [key, item] : connections_) {
    const auto& [from, to, port] = key;
    const CardItem* source = card(from.layer);
    const CardItem* target = card(to);
    item->setVisible(source != target);  // otherwise it is inside a folded group
    const QPointF start = source->pos() + source->outputPort(source->portOf(from)),
                  end = target->pos() + target->inputPort(port);
    item->setEnds(start, end, isBlocked(start, end));
  }
}

bool NetworkScene::isBlocked(QPointF start, QPointF end) const {
  const QLineF straight(start, end);
  for (const CardItem* item : cards()) {
    const QRectF box(item->pos(), QSizeF(kNodeWidth, kNodeHeight));
    if (box.left() <= start.x() || box.right() >= end.x()) continue;
    const double y = straight.pointAt((box.center().x() - start.x()) / straight.dx()).y();
    if (y > box.top() && y < box.bottom()) return true;
  }
  return false;
}

void NetworkScene::refreshNodes() {
  for (const auto& [id, node] : nodes_) node->refresh();
  for (const auto& [id, items] : groups_) {
    items.frame->refresh();
    items.card->refresh();
  }
}

void NetworkScene::pullSelection() {
  if (syncing_) return;
  syncing_ = true;
  const auto& layers = document_.selectedLayers();
  for (const auto& [id, node] : nodes_) node->setSelected(layers.contains(id));
  for (const auto& [id, items] : groups_) {
    const std::set<LayerId> members = items.card->layers();
    items.card->setSelected(
        std::any_of(members.begin(), members.end(), [&](LayerId member) { return layers.contains(member); }));
    items.frame->update();
  }
  const auto& chosen = document_.selectedConnections();
  for (const auto& [key, item] : connections_) {
    item->setSelected(std::find(chosen.begin(), chosen.end(), item->connection()) != chosen.end());
  }
  syncing_ = false;
}

void NetworkScene::pushSelection() {
  if (syncing_) return;
  std::set<LayerId> layers;
  std::vector<Connection> connections;
  for (const QGraphicsItem* item : selectedItems()) {
    if (const auto* chosen = dynamic_cast<const CardItem*>(item)) layers.merge(chosen->layers());
    if (const auto* line = qgraphicsitem_cast<const ConnectionItem*>(item))
      connections.push_back(line->connection());
  }
  syncing_ = true;  // the items are already up to date
  document_.select(std::move(layers), std::move(connections));
  syncing_ = false;
}

CardItem* NetworkScene::cardAt(QPointF point) const {
  for (QGraphicsItem* item : items(point)) {
    if (auto* found = dynamic_cast<CardItem*>(item)) return found;
  }
  return nullptr;
}

ConnectionItem* NetworkScene::connectionAt(QPointF point) const {
  for (const auto& [key, item] : connections_) {
    if (item->isVisible() && item->shape().contains(point)) return item;
  }
  return nullptr;
}

void NetworkScene::drawForeground(QPainter* painter, const QRectF&) {
  if (droppedType_.isEmpty()) return;
  const ThemeColors& colors = Theme::instance().colors();
  const QColor color = dropOn_ != nullptr ? colors.success : colors.accent;
  QColor fill = color;
  fill.setAlphaF(0.12F);
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setPen(QPen(color, 2, Qt::DashLine));
  painter->setBrush(fill);
  const QRectF box(dropPoint_ - QPointF(kNodeWidth, kNodeHeight) / 2, QSizeF(kNodeWidth, kNodeHeight));
  painter->drawRoundedRect(box, 8, 8);
  QFont font;
  font.setPixelSize(13);
  font.setBold(true);
  painter->setFont(font);
  painter->setPen(colors.text);
  const LayerDef* def = findLayer(droppedType_.toStdString());
  const QString label = def == nullptr ? droppedType_ : toQString(def->label);
  painter->drawText(box, Qt::AlignCenter, dropOn_ != nullptr ? tr("Insert %1").arg(label) : label);
}

}  // namespace tandem::ui
