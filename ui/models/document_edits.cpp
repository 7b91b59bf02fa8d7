// The edits of ProjectDocument: each edits a copy of the project and pushes the copy.
#include <QObject>
#include <algorithm>

#include "core/network/blocks.h"
#include "core/network/propose.h"
#include "ui/models/format.h"
#include "ui/models/network_layout.h"
#include "ui/models/placement.h"
#include "ui/models/project_document.h"
#include "ui/models/training_heads.h"

namespace tandem::ui {
namespace {

QString nameIn(const Network& network, LayerId id) {
  const Layer* layer = network.find(id);
  return layer == nullptr ? QString() : QString::fromStdString(layer->name);
}

QString labelOf(const QString& type) {
  const LayerDef* def = findLayer(type.toStdString());
  return def == nullptr ? type : toQString(def->label);
}

bool acceptsInput(const Network& network, LayerId id) {
  const LayerDef* def = findLayer(network.find(id)->type);
  return def != nullptr && def->maxInputs > 0;
}

// The layer that further ones follow: the last output, or an input that nothing reads yet. 0: there is none.
LayerId lastLayer(const Network& network) {
  if (const std::vector<Source> outputs = network.outputs(); !outputs.empty()) return outputs.back().layer;
  const std::vector<LayerId> inputs = network.inputs();
  return inputs.empty() ? 0 : inputs.back();
}

// The output of the layer that a layer after it reads: the first that no layer reads, else the first.
Source openOutput(const Network& network, LayerId id) {
  for (const Source& output : outputsOf(*network.find(id)))
    if (readersOf(network, output).empty()) return output;
  return id;
}

// What a new input layer reads: the first tensor without a layer of its name, by which it is found (tensorOf()).
const DataTensor& nextInput(const Network& network, const DatasetInfo& data) {
  const auto unread = std::ranges::find_if(
      data.inputs, [&](const DataTensor& each) { return network.findByName(each.name) == nullptr; });
  return unread == data.inputs.end() ? data.inputs.front() : *unread;
}

// The input ports of a layer that read this output.
std::vector<int> portsReading(const Network& network, Source from, LayerId to) {
  const std::vector<Source>& inputs = network.find(to)->inputs;
  std::vector<int> ports;
  for (std::size_t port = 0; port < inputs.size(); ++port)
    if (inputs[port] == from) ports.push_back(static_cast<int>(port));
  return ports;
}

// Inserts `middle` into a connection. It joins the innermost group around both layers. In a connection to a
// folded group, it feeds all layers of the group that read `from`. In one of several connections from `from`
// into a repeated group, it joins that group, because the repetition needs a single input.
Status splice(Network& network, Connection connection, LayerId middle) {
  const auto [from, to, port] = connection;
  if (const std::vector<int> ports = portsReading(network, from, to);
      std::ranges::find(ports, port) == ports.end())
    return invalid("the connection no longer exists", network.find(to)->name);
  TANDEM_TRY(network.connect(from, middle));
  const Group* home = network.groupAround({from.layer, to});
  std::vector<Connection> fed{connection};
  for (const Group* group : network.groupsAround(to)) {
    if (group->contains(from.layer)) continue;
    std::vector<Connection> entering;
    for (const LayerId reader : readersOf(network, from))
      if (group->contains(reader))
        for (const int each : portsReading(network, from, reader)) entering.push_back({from, reader, each});
    if (group->folded) {
      fed = std::move(entering);
      break;
    }
    if (group->repeat > 1 && entering.size() > 1) home = group;
  }
  for (const Connection& each : fed) TANDEM_TRY(network.connect(middle, each.to, each.port));
  return home == nullptr ? success() : network.join(middle, home->id);
}

}  // namespace

Result<LayerId> ProjectDocument::addLayer(const QString& type, QPointF position) {
  Project after = *project_;
  const bool fed = type == "input" && dataInfo_;  // the input gets the shape of the data
  TANDEM_ASSIGN(const LayerId id,
                after.network.add(type.toStdString(), {},
                                  fed ? inputProperties(nextInput(network(), *dataInfo_)) : Attrs()));
  after.positions[id] = snapped(position);
  if (fed) {
    const DataTensor& data = nextInput(network(), *dataInfo_);
    const bool possible =
        network().findByName(data.name) == nullptr && checkSpelling(data.name, "a layer").ok();
    if (dataInfo_->inputs.size() > 1 && possible) TANDEM_TRY(after.network.rename(id, data.name));
  }
  push(std::move(after), tr("Add %1").arg(labelOf(type)));
  select({id});
  return id;
}

Result<LayerId> ProjectDocument::addLayerAfter(const QString& type, LayerId after) {
  if (after == 0) after = lastLayer(network());
  if (after == 0) {
    double right = -kColumnPitch, top = 0;
    for (const auto& [id, place] : project_->positions) {
      if (place.x > right) std::tie(right, top) = std::tie(place.x, place.y);
    }
    const Position place = freePlace(*project_, {right + kColumnPitch, top});
    return addLayer(type, QPointF(place.x, place.y));
  }
  const LayerDef* def = findLayer(type.toStdString());
  const Source source = openOutput(network(), after);
  const std::vector<LayerId> readers = readersOf(network(), source);
  if (readers.size() == 1 && def != nullptr && def->maxInputs > 0) {
    const LayerId reader = readers.front();
    return insertLayer(type, {source, reader, portsReading(network(), source, reader).front()});
  }
  Project project = *project_;
  const bool arranged = isArranged(project);
  TANDEM_ASSIGN(const LayerId id, project.network.add(type.toStdString()));
  if (acceptsInput(project.network, id)) TANDEM_TRY(project.network.connect(source, id));
  std::vector<LayerId> around = readersOf(network(), after);
  const bool read = !around.empty();
  around.push_back(after);
  const Group* group = read ? project.network.groupAround(around) : nullptr;
  if (group != nullptr) TANDEM_TRY(project.network.join(id, group->id));
  const Position anchor = cardPlace(project, after);
  project.positions[id] = freePlace(project, {anchor.x + kColumnPitch, anchor.y});
  if (arranged) project.positions = layoutNetwork(project.network);
  push(std::move(project), tr("Add %1").arg(labelOf(type)));
  select({id});
  return id;
}

Status ProjectDocument::addBlockAfter(const QString& type, LayerId after) {
  const BlockDef* const def = findBlock(type.toStdString());
  TANDEM_CHECK(def != nullptr, type.toStdString());
  const std::string label(def->label);
  if (after == 0) after = lastLayer(network());
  const std::optional<Shape> shape =
      after == 0 ? std::nullopt : analysis_.shapeOf(openOutput(network(), after));
  if (!shape || shape->rank() != 2)
    return invalid(label + " needs a sequence (steps, features)" +
                       (shape ? ", but the layer before it has the output " + shape->text() : ""),
                   {}, "Select a layer whose output is one, such as an embedding or a recurrent layer");
  const Source source = openOutput(network(), after);
  // A block before another one feeds both layers of it that read the source.
  std::vector<LayerId> readers = readersOf(network(), source);
  const Group* const fed = network().groupAround(readers);
  if (readers.size() > 1 && (fed == nullptr || fed->contains(after))) readers.clear();
  std::vector<LayerId> around = readers;
  around.push_back(after);
  const Group* const home = readers.empty() ? nullptr : network().groupAround(around);
  Project project = *project_;
  const bool arranged = isArranged(project);
  const LayerId first = project.network.nextId();
  TANDEM_ASSIGN(const AddedBlock block, addBlock(project.network, type.toStdString(), source, (*shape)[1],
                                                 home == nullptr ? 0 : home->id));
  for (const LayerId reader : readers)
    for (const int port : portsReading(network(), source, reader))
      TANDEM_TRY(project.network.connect(block.exit, reader, port));
  const Position anchor = cardPlace(project, after);
  const Position place = freePlace(*project_, {anchor.x + kColumnPitch, anchor.y});
  const std::vector<LayerId> layers = project.network.findGroup(block.group)->layers;
  for (const LayerId id : layers)
    project.positions[id] = {place.x + kColumnPitch * static_cast<double>(id - first), place.y};
  if (arranged) project.positions = layoutNetwork(project.network);
  push(std::move(project), tr("Add %1").arg(toQString(label)));
  select({layers.begin(), layers.end()});
  return success();
}

Result<LayerId> ProjectDocument::insertLayer(const QString& type, Connection connection) {
  Project after = *project_;
  const bool arranged = isArranged(after);
  TANDEM_ASSIGN(const LayerId id, after.network.add(type.toStdString()));
  if (!acceptsInput(after.network, id)) {
    return invalid(labelOf(type).toStdString() + " has no input, so it cannot be inserted into a connection");
  }
  TANDEM_TRY(splice(after.network, connection, id));
  placeBetween(after, connection.from.layer, id, connection.to);
  if (arranged) after.positions = layoutNetwork(after.network);
  push(std::move(after), tr("Insert %1").arg(labelOf(type)));
  select({id});
  return id;
}

Status ProjectDocument::removeLayers(const std::set<LayerId>& layers) {
  if (layers.empty()) return success();
  Project after = *project_;
  const bool arranged = isArranged(after);
  for (const LayerId id : layers) {
    TANDEM_TRY(after.network.remove(id));
    after.positions.erase(id);
  }
  removeHeadsOfRemoved(after.training, network(), after.network);
  if (arranged) after.positions = layoutNetwork(after.network);
  const QString what = layers.size() == 1 ? nameIn(network(), *layers.begin())
                                          : tr("%n layers", nullptr, static_cast<int>(layers.size()));
  push(std::move(after), tr("Delete %1").arg(what));
  return success();
}

Status ProjectDocument::connectLayers(Source from, LayerId to, std::optional<int> port) {
  Project after = *project_;
  TANDEM_TRY(after.network.connect(from, to, port));
  if (after.network == network()) return success();  // the same connection again
  push(std::move(after),
       tr("Connect %1 to %2").arg(toQString(network().nameOf(from)), nameIn(network(), to)));
  return success();
}

std::optional<Error> ProjectDocument::connectionError(Source from, LayerId to,
                                                      std::optional<int> port) const {
  Network trial = network();
  const Status status = trial.connect(from, to, port);
  if (status.ok()) return std::nullopt;
  return status.error();
}

Status ProjectDocument::disconnect(Source from, LayerId to) {
  Project after = *project_;
  TANDEM_TRY(after.network.disconnect(from, to));
  push(std::move(after), tr("Delete connection"));
  return success();
}

Status ProjectDocument::disconnect(std::vector<Connection> connections) {
  Project after = *project_;
  // A later port first: an earlier one may move those after it.
  std::ranges::sort(connections, std::ranges::greater(), &Connection::port);
  for (const auto& [from, to, port] : connections) TANDEM_TRY(after.network.disconnect(from, to, port));
  push(std::move(after), connections.size() == 1
                             ? tr("Delete connection")
                             : tr("Delete %n connections", nullptr, static_cast<int>(connections.size())));
  return success();
}

Status ProjectDocument::removeSelection() {
  if (selectedLayers_.empty())
    return selectedConnections_.empty() ? success() : disconnect(selectedConnections_);
  if (selectedConnections_.empty()) return removeLayers(selectedLayers_);
  undoStack_.beginMacro(tr("Delete"));
  const std::set<LayerId> layers = selectedLayers_;
  Status status = disconnect(selectedConnections_);
  if (status.ok()) status = removeLayers(layers);
  undoStack_.endMacro();
  return status;
}

Status ProjectDocument::setProperty(LayerId layer, std::string_view key, AttrValue value) {
  Project after = *project_;
  TANDEM_TRY(after.network.setProperty(layer, key, std::move(value)));
  push(std::move(after), tr("Change %1 of %2").arg(toQString(key), nameIn(network(), layer)),
       QStringLiteral("property:%1:%2").arg(layer).arg(toQString(key)));
  return success();
}

Status ProjectDocument::rename(LayerId layer, const QString& name) {
  Project after = *project_;
  TANDEM_TRY(after.network.rename(layer, name.toStdString()));
  renameOutput(after.training, network().find(layer)->name, after.network.find(layer)->name);
  push(std::move(after), tr("Rename %1").arg(nameIn(network(), layer)),
       QStringLiteral("rename:%1").arg(layer));
  return success();
}

void ProjectDocument::moveLayers(const std::map<LayerId, QPointF>& positions, bool nudge) {
  Project after = *project_;
  for (const auto& [id, point] : positions) {
    if (after.network.find(id) != nullptr) after.positions[id] = snapped(point);
  }
  std::set<LayerId> layers;
  for (const auto& [id, point] : positions) layers.insert(id);
  const Group* group = groupOfExactly(layers);
  push(std::move(after),
       layers.size() == 1 ? tr("Move %1").arg(nameIn(network(), *layers.begin()))
       : group != nullptr ? tr("Move %1").arg(QString::fromStdString(group->name))
                          : tr("Move layers"),
       nudge ? QStringLiteral("nudge") : QString());
}

Status ProjectDocument::setTrainable(const std::set<LayerId>& layers, bool trainable) {
  Project after = *project_;
  // A layer without weights has nothing to freeze, and its flag would not be seen.
  for (const LayerId id : layers)
    if (trainable || trained({id}) != Trained::NoWeights)
      TANDEM_TRY(after.network.setTrainable(id, trainable));
  if (after.network == network()) return success();
  const QString name = layers.size() == 1 ? nameIn(network(), *layers.begin()) : tr("layers");
  push(std::move(after), (trainable ? tr("Unfreeze %1") : tr("Freeze %1")).arg(name));
  return success();
}

ProjectDocument::Trained ProjectDocument::trained(const std::set<LayerId>& layers) const {
  bool some = false, frozen = false;
  for (const LayerId id : layers) {
    const auto facts = analysis_.layers.find(id);
    if (facts == analysis_.layers.end() || facts->second.parameters + facts->second.untrained == 0) continue;
    (network().find(id)->trainable ? some : frozen) = true;
  }
  return some && frozen ? Trained::Some : some ? Trained::All : frozen ? Trained::None : Trained::NoWeights;
}

void ProjectDocument::arrange() {
  Project after = *project_;
  after.positions = layoutNetwork(after.network);
  push(std::move(after), tr("Arrange"));
}

Status ProjectDocument::applyFix(const Problem& problem) {
  if (problem.fix && std::holds_alternative<AddHeads>(problem.fix->action))
    return addMissingHeads(QString::fromStdString(problem.fix->label));
  Project after = *project_;
  const bool arranged = isArranged(after);
  TANDEM_ASSIGN(const LayerId id, tandem::applyFix(problem, after.network));
  const bool inserted = network().find(id) == nullptr;
  if (inserted) {
    placeBetween(after, network().find(problem.layer)->inputs.front().layer, id, problem.layer);
  }
  std::erase_if(after.positions,
                [&](const auto& entry) { return after.network.find(entry.first) == nullptr; });
  removeHeadsOfRemoved(after.training, network(), after.network);
  if (arranged) after.positions = layoutNetwork(after.network);
  push(std::move(after), QString::fromStdString(problem.fix->label));
  if (inserted) select({id});
  return success();
}

Status ProjectDocument::addMissingHeads(const QString& label) {
  Project after = *project_;
  addHeads(after.training, network(), dataInfo_);
  if (after == *project_)
    return invalid(
        tr("There can be at most %1 heads").arg(kMaxHeads).toStdString(), {},
        tr("Join outputs with an add or concat layer, or remove those that are not needed").toStdString());
  push(std::move(after), label);
  return success();
}

void ProjectDocument::setTraining(const TrainingConfig& training, const QString& label) {
  setTraining(training, label, "training:" + label);
}

void ProjectDocument::setTraining(const TrainingConfig& training, const QString& label,
                                  const QString& mergeKey) {
  Project after = *project_;
  after.training = training;
  push(std::move(after), label, mergeKey);
}

void ProjectDocument::setData(const DataSpec& data, const QString& label) {
  Project after = *project_;
  after.data = data;
  push(std::move(after), label, "data:" + label);
}

void ProjectDocument::setNotes(const QString& notes) {
  Project after = *project_;
  after.notes = notes.toStdString();
  push(std::move(after), tr("Change notes"), "notes");
}

void ProjectDocument::setName(const QString& name) {
  Project after = *project_;
  after.name = name.toStdString();
  push(std::move(after), tr("Rename project"), "name");
}

}  // namespace tandem::ui
