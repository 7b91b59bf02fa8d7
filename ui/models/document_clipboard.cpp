// Copies and pastes sub-networks as the JSON of a project that contains only these layers.
#include "ui/models/format.h"
#include "ui/models/network_layout.h"
#include "ui/models/project_document.h"

namespace tandem::ui {

QByteArray ProjectDocument::copyLayers(const std::set<LayerId>& layers) const {
  Project copied;
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
    dropInputs(layer, [&](const Source& input) { return !layers.contains(input.layer); });
    if (copied.network.insert(std::move(layer)).ok()) copied.positions[id] = project_->positions.at(id);
  }
  for (const Group& group : network().groups()) {
    const bool complete = std::all_of(group.layers.begin(), group.layers.end(),
                                      [&](LayerId id) { return copied.network.find(id) != nullptr; });
    if (!complete) continue;
    Group copy = group;
    while (copy.parent != 0 && copied.network.findGroup(copy.parent) == nullptr)
      copy.parent = network().findGroup(copy.parent)->parent;
    TANDEM_CHECK(copied.network.insertGroup(std::move(copy)).ok(), group.name);
  }
  return QByteArray::fromStdString(toJson(copied));
}

Result<std::set<LayerId>> ProjectDocument::pasteLayers(const QByteArray& text, QPointF offset,
                                                       const QString& label) {
  TANDEM_ASSIGN(const Project clipboard, projectFromJson(text.toStdString(), "clipboard"));
  TANDEM_ASSIGN(const std::vector<LayerId> order, clipboard.network.order());
  Project after = *project_;
  std::map<LayerId, LayerId> pasted;  // from ids of the clipboard to ids of this document
  std::set<LayerId> selection;
  for (const LayerId id : order) {
    const Layer& layer = *clipboard.network.find(id);
    const bool nameIsFree = after.network.findByName(layer.name) == nullptr;
    TANDEM_ASSIGN(const LayerId copy,
                  after.network.add(layer.type, nameIsFree ? layer.name : std::string(), layer.properties));
    TANDEM_TRY(after.network.setTrainable(copy, layer.trainable));
    for (std::size_t port = 0; port < layer.inputs.size(); ++port) {
      const Source& input = layer.inputs[port];
      if (input == Source()) continue;
      TANDEM_TRY(after.network.connect({pasted.at(input.layer), input.port}, copy, static_cast<int>(port)));
    }
    const auto place = clipboard.positions.find(id);
    const Position from = place == clipboard.positions.end() ? Position{} : place->second;
    after.positions[copy] = {from.x + offset.x(), from.y + offset.y()};
    pasted[id] = copy;
    selection.insert(copy);
  }
  if (selection.empty()) return invalid("The clipboard contains no layers");
  std::map<GroupId, GroupId> pastedGroups{{0, 0}};
  for (const Group& group : clipboard.network.groups()) {
    Group copy = group;
    copy.id = after.network.nextGroupId();
    copy.parent = pastedGroups.at(group.parent);
    for (LayerId& id : copy.layers) id = pasted.at(id);
    const auto& groups = after.network.groups();
    if (std::any_of(groups.begin(), groups.end(),
                    [&](const Group& other) { return other.name == group.name; }))
      copy.name = after.network.freeGroupName();
    pastedGroups[group.id] = copy.id;
    TANDEM_TRY(after.network.insertGroup(std::move(copy)));
  }
  push(std::move(after), label);
  select(selection);
  return selection;
}

}  // namespace tandem::ui
