#include "ui/models/network_layout.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "ui/models/layout_units.h"

namespace tandem::ui {
namespace {

constexpr double kAboveFrame = -4;  // from the corner of a unit to the frame of its group; below zero: higher
constexpr double kBelowFrame = 52;
constexpr double kBesideFrame = -kGrid;  // frames may extend into half of the gap between columns
constexpr double kTitleRow = 2 * kGrid;  // above the cards of a group

// The layout units of layers and groups, with their connections.
struct Boxes {
  std::vector<Unit> units;
  std::vector<std::vector<LayerId>> layers;  // of each unit
  std::vector<const Group*> groups;          // of each unit, or null
};

// of: limits the result to the layers of this group, unless null.
Boxes boxesOf(const Network& network, const std::vector<const Group*>& groups, const Group* of) {
  Boxes boxes;
  std::map<LayerId, std::size_t> unitOf;
  std::map<const Group*, std::size_t> known;
  std::map<LayerId, const Group*> groupOf;
  for (const Group* group : groups)
    for (const LayerId id : group->layers) groupOf[id] = group;
  for (const Layer& layer : network.layers()) {
    if (of != nullptr && !of->contains(layer.id)) continue;
    const auto found = groupOf.find(layer.id);
    const Group* group = found == groupOf.end() ? nullptr : found->second;
    const auto [place, isNew] =
        group == nullptr ? std::pair{known.end(), true} : known.emplace(group, boxes.units.size());
    unitOf[layer.id] = isNew ? boxes.units.size() : place->second;
    if (isNew) {
      boxes.units.push_back({{}, 1, kLanePitch});
      boxes.layers.emplace_back();
      boxes.groups.push_back(group);
    }
    boxes.layers[unitOf[layer.id]].push_back(layer.id);
  }
  for (const Layer& layer : network.layers()) {
    const auto reader = unitOf.find(layer.id);
    if (reader == unitOf.end()) continue;
    std::vector<std::size_t>& inputs = boxes.units[reader->second].inputs;
    for (const Source& input : layer.inputs) {
      const auto source = unitOf.find(input.layer);
      if (source == unitOf.end() || source->second == reader->second) continue;
      if (std::find(inputs.begin(), inputs.end(), source->second) == inputs.end())
        inputs.push_back(source->second);
    }
  }
  return boxes;
}

// The groups that can be laid out as one unit, in the network or in the group `of`. The layers of a group are
// laid out individually if a path leads out of it and back in; the groups in it are then separate units.
std::vector<const Group*> boxedGroups(const Network& network, const Group* of) {
  std::vector<const Group*> all;
  const auto addGroupsIn = [&](GroupId id) {
    for (const Group& group : network.groups())
      if (group.parent == id) all.push_back(&group);
  };
  addGroupsIn(of == nullptr ? 0 : of->id);
  const auto acyclic = [&](const std::vector<const Group*>& groups) {
    return groups.empty() || !orderOf(boxesOf(network, groups, of).units).empty();
  };
  if (acyclic(all)) return all;
  std::vector<const Group*> some;
  for (std::size_t i = 0; i < all.size(); ++i) {
    some.push_back(all[i]);
    if (acyclic(some)) continue;
    some.pop_back();
    addGroupsIn(all[i]->id);
  }
  return some;
}

double upToGrid(double value) {
  return std::ceil(value / kGrid) * kGrid;
}

// Lays out the network, or the layers of a group as if it were unfolded.
std::map<LayerId, Position> layoutLayers(const Network& network, const Group* of) {
  Boxes boxes = boxesOf(network, boxedGroups(network, of), of);
  std::vector<std::map<LayerId, Position>> inside(boxes.units.size());
  std::vector<Position> origins(boxes.units.size());  // of `inside` in the unit
  for (std::size_t i = 0; i < boxes.units.size(); ++i) {
    const Group* group = boxes.groups[i];
    if (group == nullptr) continue;
    inside[i] = layoutLayers(network, group);
    if (group->folded) continue;
    const QRectF frame = frameBox(network, *group, inside[i]);
    origins[i] = {std::max(0.0, upToGrid(kBesideFrame - frame.left())),
                  std::max(kTitleRow, upToGrid(kAboveFrame - frame.top()))};
    const double right = origins[i].x + frame.right() + kBesideFrame;
    boxes.units[i].columns =
        static_cast<std::size_t>(std::ceil((right + kColumnPitch - kNodeWidth) / kColumnPitch));
    boxes.units[i].height = upToGrid(origins[i].y + frame.bottom() + kBelowFrame);
  }
  const std::vector<Position> corners = arrangeUnits(boxes.units);
  std::map<LayerId, Position> positions;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Group* group = boxes.groups[i];
    if (group == nullptr) {
      positions[boxes.layers[i].front()] = corners[i];
      continue;
    }
    // The corner is that of a folded group's card, or of an unfolded group's first column and title.
    Position shift{corners[i].x + origins[i].x, corners[i].y + origins[i].y};
    if (group->folded) {
      const Position card = foldedPlace(network, *group, inside[i]);
      shift = {shift.x - card.x, shift.y - card.y};
    }
    for (const auto& [id, place] : inside[i]) positions[id] = {place.x + shift.x, place.y + shift.y};
  }
  return positions;
}

}  // namespace

QRectF membersBox(const Network& network, const Group& group, const std::map<LayerId, Position>& positions) {
  QRectF box;
  const auto add = [&](const Position& card) { box |= QRectF(card.x, card.y, kNodeWidth, kNodeHeight); };
  std::set<LayerId> hidden;
  std::set<GroupId> inside{group.id};
  for (const Group& inner : network.groups()) {
    if (!inside.contains(inner.parent)) continue;
    inside.insert(inner.id);
    if (!inner.folded || hidden.contains(inner.layers.front())) continue;
    add(foldedPlace(network, inner, positions));
    hidden.insert(inner.layers.begin(), inner.layers.end());
  }
  for (const LayerId id : group.layers) {
    const auto found = positions.find(id);
    if (found != positions.end() && !hidden.contains(id)) add(found->second);
  }
  return box;
}

QRectF frameBox(const Network& network, const Group& group, const std::map<LayerId, Position>& positions) {
  QRectF frame =
      membersBox(network, group, positions).adjusted(-kFrameSide, -kFrameTop, kFrameSide, kFrameSide);
  for (const Group& inner : network.groups())
    if (inner.parent == group.id && !inner.folded)
      frame |=
          frameBox(network, inner, positions).adjusted(-kNestedSide, -kNestedTop, kNestedSide, kNestedSide);
  return frame;
}

Position foldedPlace(const Network& network, const Group& group,
                     const std::map<LayerId, Position>& positions) {
  const QRectF box = membersBox(network, group, positions);
  return {box.left(), std::round((box.center().y() - kNodeHeight / 2) / kGrid) * kGrid};
}

std::map<LayerId, Position> layoutNetwork(const Network& network) {
  return layoutLayers(network, nullptr);
}

}  // namespace tandem::ui
