#include "ui/models/placement.h"

#include <QRectF>
#include <algorithm>
#include <cmath>
#include <set>

#include "ui/models/network_layout.h"

namespace tandem::ui {
namespace {

// The layers that move together with this one.
std::vector<LayerId> companions(const Network& network, LayerId id) {
  const Group* group = hidingGroup(network, id);
  return group == nullptr ? std::vector{id} : group->layers;
}

}  // namespace

double onGrid(double value) {
  return std::round(value / kGrid) * kGrid;
}

Position snapped(QPointF point) {
  return {onGrid(point.x()), onGrid(point.y())};
}

std::vector<LayerId> readersOf(const Network& network, LayerId id) {
  std::vector<LayerId> readers;
  for (const Layer& layer : network.layers()) {
    if (std::ranges::find(layer.inputs, id, &Source::layer) != layer.inputs.end())
      readers.push_back(layer.id);
  }
  return readers;
}

std::vector<LayerId> readersOf(const Network& network, Source output) {
  std::vector<LayerId> readers;
  for (const Layer& layer : network.layers())
    if (std::ranges::find(layer.inputs, output) != layer.inputs.end()) readers.push_back(layer.id);
  return readers;
}

bool isArranged(const Project& project) {
  return project.positions == layoutNetwork(project.network);
}

const Group* hidingGroup(const Network& network, LayerId id) {
  const auto& groups = network.groups();
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const Group& group) { return group.folded && group.contains(id); });
  return found == groups.end() ? nullptr : &*found;
}

bool isHidden(const Network& network, const Group& group) {
  const Group* outer = network.findGroup(group.parent);
  return outer != nullptr && (outer->folded || isHidden(network, *outer));
}

Position cardPlace(const Project& project, LayerId id) {
  if (const Group* group = hidingGroup(project.network, id))
    return foldedPlace(project.network, *group, project.positions);
  const auto found = project.positions.find(id);
  return found == project.positions.end() ? Position{} : found->second;
}

Position freePlace(const Project& project, Position preferred) {
  std::vector<Position> cards;
  for (const auto& [id, place] : project.positions) {
    if (project.network.find(id) != nullptr) cards.push_back(cardPlace(project, id));
  }
  const auto overlaps = [&](const Position& place) {
    return std::any_of(cards.begin(), cards.end(), [&](const Position& card) {
      return std::abs(card.x - place.x) < kNodeWidth && std::abs(card.y - place.y) < kNodeHeight;
    });
  };
  while (overlaps(preferred)) preferred.y += kGrid;
  return preferred;
}

void placeBetween(Project& project, LayerId from, LayerId id, LayerId to) {
  const Position left = cardPlace(project, from), right = cardPlace(project, to);
  if (right.x <= left.x) {  // the connection leads back to another row
    project.positions[id] = freePlace(project, {left.x + kColumnPitch, left.y});
    return;
  }
  const double missing = left.x + 2 * kColumnPitch - right.x;
  if (missing > 0) {
    const Project before = project;
    std::vector<LayerId> open{to};
    for (std::set<LayerId> moved; !open.empty();) {
      const LayerId next = open.back();
      open.pop_back();
      if (!moved.insert(next).second) continue;
      if (next != id && cardPlace(before, next).x >= right.x) project.positions[next].x += missing;
      for (const LayerId other : companions(project.network, next)) open.push_back(other);
      for (const LayerId reader : readersOf(project.network, next)) open.push_back(reader);
    }
  }
  const double x = (left.x + std::max(right.x, right.x + missing)) / 2;
  project.positions[id] = freePlace(project, {onGrid(x), onGrid((left.y + right.y) / 2)});
}

void shiftBeside(Project& project, QRectF band, double x, double distance, const Group& except) {
  const Project before = project;
  for (auto& [id, place] : project.positions) {
    if (before.network.find(id) == nullptr || except.contains(id)) continue;
    const Position card = cardPlace(before, id);
    const bool beside = card.y < band.bottom() && card.y + kNodeHeight > band.top();
    if (beside && card.x >= x) place.x += distance;
  }
}

}  // namespace tandem::ui
