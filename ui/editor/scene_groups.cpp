// The groups of NetworkScene: frames, folded cards and their gestures.
#include "ui/editor/network_scene.h"
#include "ui/models/format.h"
#include "ui/models/network_layout.h"
#include "ui/models/placement.h"

namespace tandem::ui {
namespace {

constexpr double kBehindCards = -1;
constexpr double kFrameStep = 0.01;  // a frame is in front of the frames around it

}  // namespace

CardItem* NetworkScene::card(LayerId id) const {
  const Group* group = hidingGroup(document_.network(), id);
  return group == nullptr ? static_cast<CardItem*>(node(id)) : groupCard(group->id);
}

GroupCard* NetworkScene::groupCard(GroupId id) const {
  const auto found = groups_.find(id);
  return found == groups_.end() ? nullptr : found->second.card;
}

GroupFrame* NetworkScene::groupFrame(GroupId id) const {
  const auto found = groups_.find(id);
  return found == groups_.end() ? nullptr : found->second.frame;
}

std::vector<CardItem*> NetworkScene::cards() const {
  std::vector<CardItem*> visible;
  for (const auto& [id, item] : nodes_)
    if (item->isVisible()) visible.push_back(item);
  for (const auto& [id, items] : groups_)
    if (items.card->isVisible()) visible.push_back(items.card);
  return visible;
}

QRectF NetworkScene::contents() const {
  QRectF box;
  for (const CardItem* item : cards()) box |= item->sceneBoundingRect();
  for (const auto& [id, items] : groups_)
    if (items.frame->isVisible()) box |= items.frame->frame();
  return box;
}

void NetworkScene::setMarks(const std::map<LayerId, NodeMark>& marks) {
  const auto markOf = [&](LayerId id) {
    const auto found = marks.find(id);
    return found == marks.end() ? std::nullopt : std::optional(found->second);
  };
  for (const auto& [id, item] : nodes_) item->setMark(markOf(id));
  for (const auto& [id, items] : groups_) {
    std::optional<NodeMark> last;
    for (const LayerId member : items.card->layers())
      if (auto mark = markOf(member)) last = std::move(mark);
    items.card->setMark(std::move(last));
  }
}

void NetworkScene::syncGroups() {
  for (auto it = groups_.begin(); it != groups_.end();) {
    if (document_.network().findGroup(it->first) == nullptr) {
      delete it->second.frame;
      delete it->second.card;
      it = groups_.erase(it);
    } else {
      ++it;
    }
  }
  std::map<GroupId, double> depth{{0, kBehindCards}};
  for (const Group& group : document_.network().groups()) {
    GroupItems& items = groups_[group.id];
    if (items.frame == nullptr) {
      items = {new GroupFrame(document_, group.id), new GroupCard(document_, group.id)};
      addItem(items.frame);
      addItem(items.card);
      const GroupId id = group.id;
      connect(items.frame, &GroupFrame::pressed, this,
              [this, id](Qt::KeyboardModifiers keys) { groupPressed(id, keys); });
      connect(items.frame, &GroupFrame::dragged, this, &NetworkScene::groupDragged);
      connect(items.frame, &GroupFrame::foldRequested, this, [this, id] { setFolded(id, true); });
      connect(items.card, &GroupCard::unfoldRequested, this, [this, id] { setFolded(id, false); });
      connect(items.card, &CardItem::moved, this, [this, id] { groupCardMoved(id); });
    }
    const bool hidden = isHidden(document_.network(), group);
    items.frame->setVisible(!hidden && !group.folded);
    items.card->setVisible(!hidden && group.folded);
    depth[group.id] = depth.at(group.parent) + kFrameStep;
    items.frame->setZValue(depth[group.id]);
    items.frame->refresh();
    items.card->refresh();
    const Position place = foldedPlace(document_.network(), group, document_.project().positions);
    items.card->setPos(place.x, place.y);
  }
  placeGroups();
}

void NetworkScene::placeGroups() {
  if (groups_.empty()) return;
  std::map<LayerId, Position> positions;  // as they are during a drag
  for (const auto& [id, item] : nodes_) positions[id] = {item->pos().x(), item->pos().y()};
  for (const Group& group : document_.network().groups()) {
    const auto found = groups_.find(group.id);
    if (found != groups_.end())
      found->second.frame->setFrame(frameBox(document_.network(), group, positions));
  }
}

void NetworkScene::setFolded(GroupId id, bool folded) {
  const Status status = document_.setFolded({id}, folded);
  if (!status.ok()) Q_EMIT refused(errorText(status.error()));
}

std::set<LayerId> NetworkScene::layersAt(QPointF point) const {
  if (const CardItem* item = cardAt(point)) return item->layers();
  for (QGraphicsItem* item : items(point))
    if (const auto* frame = qgraphicsitem_cast<GroupFrame*>(item)) return groupCard(frame->id())->layers();
  return {};
}

void NetworkScene::groupPressed(GroupId id, Qt::KeyboardModifiers keys) {
  const std::set<LayerId> members = groupCard(id)->layers();
  std::set<LayerId> selection = document_.selectedLayers();
  const bool all = std::includes(selection.begin(), selection.end(), members.begin(), members.end());
  if (!keys.testFlag(Qt::ControlModifier)) {
    if (!all) document_.select(members);  // otherwise the rest of the selection is dragged, too
    return;
  }
  for (const LayerId member : members) {
    if (all)
      selection.erase(member);
    else
      selection.insert(member);
  }
  document_.select(std::move(selection));
}

void NetworkScene::groupDragged(QPointF distance) {
  const QPointF by(onGrid(distance.x()), onGrid(distance.y()));
  for (const LayerId id : document_.selectedLayers()) {
    const Position place = cardPlace(document_.project(), id);
    card(id)->setPos(QPointF(place.x, place.y) + by);
  }
}

// Moves the members that a card hides together with it.
void NetworkScene::groupCardMoved(GroupId id) {
  const Group* group = document_.network().findGroup(id);
  if (syncing_ || group == nullptr) return;
  const Position place = foldedPlace(document_.network(), *group, document_.project().positions);
  const QPointF by = groupCard(id)->pos() - QPointF(place.x, place.y);
  for (const LayerId member : group->layers) node(member)->setPos(document_.position(member) + by);
}

}  // namespace tandem::ui
