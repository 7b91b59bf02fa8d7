#include "ui/models/network_layout.h"

#include <algorithm>
#include <cmath>

#include "ui/models/layout_units.h"

namespace tandem::ui {
namespace {

constexpr double kFrameMargin = 2 * kGrid;  // above and below an unfolded group, in addition to the lane gap

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

// The groups that can be laid out as one unit. The layers of a group are laid out individually if a path
// leads out of it and back in.
std::vector<const Group*> boxedGroups(const Network& network) {
  std::vector<const Group*> all;
  for (const Group& group : network.groups()) all.push_back(&group);
  const auto acyclic = [&](const std::vector<const Group*>& groups) {
    return groups.empty() || !orderOf(boxesOf(network, groups, nullptr).units).empty();
  };
  if (acyclic(all)) return all;
  std::vector<const Group*> some;
  for (const Group* group : all) {
    some.push_back(group);
    if (!acyclic(some)) some.pop_back();
  }
  return some;
}

std::map<LayerId, Position> layoutMembers(const Network& network, const Group& group) {
  const Boxes boxes = boxesOf(network, {}, &group);
  const std::vector<Position> corners = arrangeUnits(boxes.units);
  std::map<LayerId, Position> positions;
  for (std::size_t i = 0; i < corners.size(); ++i) positions[boxes.layers[i].front()] = corners[i];
  return positions;
}

}  // namespace

QRectF membersBox(const Group& group, const std::map<LayerId, Position>& positions) {
  QRectF box;
  for (const LayerId id : group.layers) {
    const auto found = positions.find(id);
    if (found != positions.end()) box |= QRectF(found->second.x, found->second.y, kNodeWidth, kNodeHeight);
  }
  return box;
}

Position foldedPlace(const Group& group, const std::map<LayerId, Position>& positions) {
  const QRectF box = membersBox(group, positions);
  return {box.left(), std::round((box.center().y() - kNodeHeight / 2) / kGrid) * kGrid};
}

std::map<LayerId, Position> layoutNetwork(const Network& network) {
  Boxes boxes = boxesOf(network, boxedGroups(network), nullptr);
  std::vector<std::map<LayerId, Position>> inside(boxes.units.size());
  for (std::size_t i = 0; i < boxes.units.size(); ++i) {
    const Group* group = boxes.groups[i];
    if (group == nullptr) continue;
    inside[i] = layoutMembers(network, *group);
    if (group->folded) continue;
    const QRectF box = membersBox(*group, inside[i]);
    boxes.units[i].columns = static_cast<std::size_t>(box.width() / kColumnPitch) + 1;
    boxes.units[i].height = box.height() + kLanePitch - kNodeHeight + 2 * kFrameMargin;
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
    Position shift = corners[i];
    if (group->folded) {
      const Position card = foldedPlace(*group, inside[i]);
      shift = {shift.x - card.x, shift.y - card.y};
    } else {
      shift.y += kFrameMargin;
    }
    for (const auto& [id, place] : inside[i]) positions[id] = {place.x + shift.x, place.y + shift.y};
  }
  return positions;
}

}  // namespace tandem::ui
