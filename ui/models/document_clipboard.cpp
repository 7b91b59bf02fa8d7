// Copy and paste of sub-networks: a project of just these layers, as JSON.
#include "ui/models/format.h"
#include "ui/models/network_layout.h"
#include "ui/models/project_document.h"

namespace tandem::ui {

QByteArray ProjectDocument::copyLayers(const std::set<LayerId>& layers) const {
  Project part;
  const auto order = network().order();
  std::vector<LayerId> ids;
  if (order.ok()) {
    ids = *order;
  } else {
    for (const Layer& layer : network().layers()) ids.push_back(layer.id);
  }
  for (const LayerId id : ids) {
    if (!layers.contains(id)) continue;
    Layer layer = *network().find(id);
    std::erase_if(layer.inputs, [&](LayerId input) { return !layers.contains(input); });
    if (part.network.insert(std::move(layer)).ok()) part.positions[id] = project_->positions.at(id);
  }
  for (const Group& group : network().groups()) {
    const bool whole = std::all_of(group.layers.begin(), group.layers.end(),
                                   [&](LayerId id) { return part.network.find(id) != nullptr; });
    if (whole) TANDEM_CHECK(part.network.insertGroup(group).ok(), group.name);
  }
  return QByteArray::fromStdString(toJson(part));
}

Result<std::set<LayerId>> ProjectDocument::pasteLayers(const QByteArray& text, QPointF offset,
                                                       const QString& label) {
  TANDEM_ASSIGN(const Project part, projectFromJson(text.toStdString(), "clipboard"));
  TANDEM_ASSIGN(const std::vector<LayerId> order, part.network.order());
  Project after = *project_;
  std::map<LayerId, LayerId> pasted;  // from the clipboard's ids to ours
  std::set<LayerId> selection;
  for (const LayerId id : order) {
    const Layer& layer = *part.network.find(id);
    const bool nameIsFree = after.network.findByName(layer.name) == nullptr;
    TANDEM_ASSIGN(const LayerId copy,
                  after.network.add(layer.type, nameIsFree ? layer.name : std::string(), layer.properties));
    for (const LayerId input : layer.inputs) TANDEM_TRY(after.network.connect(pasted.at(input), copy));
    const auto place = part.positions.find(id);
    const Position from = place == part.positions.end() ? Position{} : place->second;
    after.positions[copy] = {from.x + offset.x(), from.y + offset.y()};
    pasted[id] = copy;
    selection.insert(copy);
  }
  if (selection.empty()) return invalid("The clipboard holds no layers");
  for (const Group& group : part.network.groups()) {
    std::vector<LayerId> layers;
    for (const LayerId id : group.layers) layers.push_back(pasted.at(id));
    const auto& groups = after.network.groups();
    const bool nameIsFree = std::none_of(groups.begin(), groups.end(),
                                         [&](const Group& other) { return other.name == group.name; });
    TANDEM_ASSIGN(const GroupId copy, after.network.group(layers, nameIsFree ? group.name : std::string()));
    TANDEM_TRY(after.network.setRepeat(copy, group.repeat));
    TANDEM_TRY(after.network.setFolded(copy, group.folded));
  }
  push(std::move(after), label);
  select(selection);
  return selection;
}

}  // namespace tandem::ui
