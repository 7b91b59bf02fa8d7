#include "core/network/network.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include "core/text/enumeration.h"

namespace tandem {
namespace {

constexpr LayerId kMaxId = 1'000'000'000;

Error noSuchLayer(LayerId id) {
  return {ErrorCode::NotFound, "there is no layer with id " + std::to_string(id), {}, {}};
}

Result<const LayerDef*> requireType(std::string_view type) {
  const LayerDef* def = findLayer(type);
  if (def) return def;
  std::string known;
  for (const LayerDef* each : allLayers()) known += (known.empty() ? "" : ", ") + std::string(each->type);
  return invalid("there is no layer type '" + std::string(type.substr(0, 60)) + "'", {},
                 "Valid types: " + known);
}

Result<Attrs> normalized(const LayerDef& def, const Attrs& properties) {
  return normalizedProperties(def.properties, properties, "a layer of type " + std::string(def.type));
}

Error duplicateName(std::string_view name) {
  return invalid("there is already a layer named '" + std::string(name) + "'", {}, "Choose another name");
}

Error tooManyInputs(const LayerDef& def, const std::string& name) {
  if (def.maxInputs == 0) return invalid("an " + std::string(def.type) + " layer accepts no input", name);
  std::string message =
      "accepts at most " + std::to_string(def.maxInputs) + (def.maxInputs == 1 ? " input" : " inputs");
  const std::vector<std::string> names(def.inputNames.begin(), def.inputNames.end());
  if (!names.empty()) message += ": " + enumerated(names);
  return invalid(std::move(message), name,
                 def.maxInputs == 1 ? "Join branches with an add or concat layer first" : "");
}

Status checkPort(Source source, std::size_t ports, const std::string& where) {
  if (source.port >= 0 && static_cast<std::size_t>(source.port) < ports) return success();
  return invalid("there is no output " + std::to_string(source.port + 1) + " of the layer with id " +
                     std::to_string(source.layer),
                 where);
}

// Free ports are stored only before an input.
void trimInputs(Layer& layer) {
  while (!layer.inputs.empty() && layer.inputs.back() == Source()) layer.inputs.pop_back();
}

// The others keep their ports if these have names. The layer must be trimmed afterwards.
void dropInput(const LayerDef& def, Layer& layer, std::size_t port) {
  if (def.inputNames.empty())
    layer.inputs.erase(layer.inputs.begin() + static_cast<std::ptrdiff_t>(port));
  else
    layer.inputs[port] = Source();
}

// Trims the inputs of a layer that comes from outside. None may be free if they have no names, by which to identify which
// one is missing.
Status checkInputs(const LayerDef& def, Layer& layer) {
  if (!def.inputNames.empty()) trimInputs(layer);
  if (layer.inputs.size() > static_cast<std::size_t>(def.maxInputs)) return tooManyInputs(def, layer.name);
  if (def.inputNames.empty() && std::ranges::find(layer.inputs, Source()) != layer.inputs.end())
    return noSuchLayer(0);
  return success();
}

std::unordered_map<LayerId, std::size_t> indexById(const std::vector<Layer>& layers) {
  std::unordered_map<LayerId, std::size_t> index;
  index.reserve(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) index.emplace(layers[i].id, i);
  return index;
}

// "conv1 -> relu1 -> conv1"; long paths are elided in the middle.
std::string pathText(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names.size() > 8 && i == 4) text += " -> ...";
    if (names.size() > 8 && i >= 4 && i + 4 < names.size()) continue;
    text += (text.empty() ? "" : " -> ") + names[i];
  }
  return text;
}

// The layers from `from` to `to` along connections; empty if there is no such path.
std::vector<std::string> findPath(const std::vector<Layer>& layers, LayerId from, LayerId to) {
  const auto index = indexById(layers);
  std::unordered_map<LayerId, LayerId> reader{{to, to}};  // by visited layer: the next one towards `to`
  std::vector<LayerId> open{to};
  while (!open.empty() && !reader.contains(from)) {
    const LayerId id = open.back();
    open.pop_back();
    for (const Source& input : sourcesOf(layers[index.at(id)]))
      if (reader.emplace(input.layer, id).second) open.push_back(input.layer);
  }
  std::vector<std::string> path;
  if (!reader.contains(from)) return path;
  for (LayerId id = from;; id = reader.at(id)) {
    path.push_back(layers[index.at(id)].name);
    if (id == to) return path;
  }
}

}  // namespace

std::vector<std::string> outputPorts(const Layer& layer) {
  const LayerDef* def = findLayer(layer.type);
  TANDEM_CHECK(def, layer.type);
  if (!def->outputs) return {std::string()};
  return def->outputs(layer.properties);
}

std::vector<Source> outputsOf(const Layer& layer) {
  std::vector<Source> outputs;
  for (std::size_t port = 0; port < outputPorts(layer).size(); ++port)
    outputs.emplace_back(layer.id, static_cast<int>(port));
  return outputs;
}

std::vector<Source> sourcesOf(const Layer& layer) {
  std::vector<Source> sources = layer.inputs;
  std::erase(sources, Source());
  return sources;
}

std::optional<int> freeInput(const Layer& layer) {
  const LayerDef* def = findLayer(layer.type);
  TANDEM_CHECK(def, layer.type);
  const auto port = static_cast<int>(std::ranges::find(layer.inputs, Source()) - layer.inputs.begin());
  return port < def->maxInputs ? std::optional(port) : std::nullopt;
}

std::string_view inputName(const LayerDef& def, std::size_t port) {
  return port < def.inputNames.size() ? def.inputNames[port] : std::string_view();
}

void dropInputs(Layer& layer, const std::function<bool(const Source&)>& gone) {
  const LayerDef* def = findLayer(layer.type);
  TANDEM_CHECK(def, layer.type);
  for (std::size_t port = layer.inputs.size(); port-- > 0;)
    if (gone(layer.inputs[port])) dropInput(*def, layer, port);
  trimInputs(layer);
}

Status checkSpelling(std::string_view name, std::string_view what) {
  const std::string prefix = std::string(what) + "'s name may ";
  if (name.empty()) return invalid(std::string(what) + " needs a name");
  if (name.size() > kMaxNameBytes)
    return invalid(prefix + "have at most " + std::to_string(kMaxNameBytes) + " bytes");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(name, control)) return invalid(prefix + "not contain control characters");
  if (name.find('/') != std::string_view::npos)
    return invalid("the name '" + std::string(name) + "' contains a '/'", {}, "Use '_' or '-' instead");
  if (name.front() == ' ' || name.back() == ' ')
    return invalid("the name '" + std::string(name) + "' begins or ends with a space");
  return success();
}

const Layer* Network::find(LayerId id) const {
  const auto it = std::ranges::find(layers_, id, &Layer::id);
  return it == layers_.end() ? nullptr : &*it;
}

const Layer* Network::findByName(std::string_view name) const {
  const auto it = std::ranges::find(layers_, name, &Layer::name);
  return it == layers_.end() ? nullptr : &*it;
}

Layer* Network::mutableFind(LayerId id) {
  return const_cast<Layer*>(std::as_const(*this).find(id));
}

Status Network::checkName(std::string_view name, LayerId self) const {
  TANDEM_TRY(checkSpelling(name, "a layer"));
  const Layer* other = findByName(name);
  if (other && other->id != self) return duplicateName(name);
  return success();
}

Result<LayerId> Network::add(std::string_view type, std::string name, Attrs properties) {
  TANDEM_ASSIGN(const LayerDef* const def, requireType(type));
  if (name.empty()) {
    name = type;
    for (int number = 2; findByName(name); ++number) name = std::string(type) + "_" + std::to_string(number);
  }
  Layer layer{.id = nextId_,
              .type = std::string(def->type),
              .name = std::move(name),
              .properties = std::move(properties)};
  TANDEM_TRY(insert(std::move(layer)));
  return layers_.back().id;
}

Status Network::insert(Layer layer) {
  if (expandedLayers() >= kMaxLayers)
    return invalid("a network may have at most " + std::to_string(kMaxLayers) + " layers");
  if (layer.id < 1 || layer.id > kMaxId)
    return invalid("the layer's id " + std::to_string(layer.id) + " is out of range");
  if (find(layer.id)) return invalid("there is already a layer with id " + std::to_string(layer.id));
  TANDEM_ASSIGN(const LayerDef* const def, requireType(layer.type));
  TANDEM_TRY(checkName(layer.name, layer.id));
  TANDEM_ASSIGN(layer.properties, normalized(*def, layer.properties));
  TANDEM_TRY(checkInputs(*def, layer));
  for (const Source& input : sourcesOf(layer)) TANDEM_TRY(checkSource(input));
  nextId_ = std::max(nextId_, layer.id + 1);
  layers_.push_back(std::move(layer));
  return success();
}

Result<Network> Network::fromLayers(std::vector<Layer> layers) {
  if (layers.size() > kMaxLayers)
    return invalid("a network may have at most " + std::to_string(kMaxLayers) + " layers, but this has " +
                   std::to_string(layers.size()));
  Network network;
  std::unordered_set<std::string_view> names;
  std::unordered_set<LayerId> ids;
  for (Layer& layer : layers) {
    if (layer.id < 1 || layer.id > kMaxId)
      return invalid("the layer's id " + std::to_string(layer.id) + " is out of range", layer.name);
    if (!ids.insert(layer.id).second)
      return invalid("there is already a layer with id " + std::to_string(layer.id), layer.name);
    TANDEM_ASSIGN(const LayerDef* const def, requireType(layer.type));
    TANDEM_TRY(checkSpelling(layer.name, "a layer"));
    if (!names.insert(layer.name).second) return duplicateName(layer.name);
    auto properties = normalized(*def, layer.properties);
    if (!properties.ok()) {
      Error error = std::move(properties).error();
      if (error.where.empty()) error.where = layer.name;
      return error;
    }
    layer.properties = *std::move(properties);
    TANDEM_TRY(checkInputs(*def, layer));
    network.nextId_ = std::max(network.nextId_, layer.id + 1);
  }
  std::unordered_map<LayerId, std::size_t> ports;  // the number of outputs
  for (const Layer& layer : layers) ports.emplace(layer.id, outputPorts(layer).size());
  for (const Layer& layer : layers)
    for (const Source& input : sourcesOf(layer)) {
      const auto found = ports.find(input.layer);
      if (found == ports.end()) return noSuchLayer(input.layer);
      TANDEM_TRY(checkPort(input, found->second, layer.name));
    }
  network.layers_ = std::move(layers);
  TANDEM_TRY(network.order());
  return network;
}

Status Network::remove(LayerId id) {
  const Layer* layer = find(id);
  if (!layer) return noSuchLayer(id);
  const std::vector<Source> inputs = layer->inputs;
  for (Layer& reader : layers_) {
    if (inputs.size() == 1)
      std::ranges::replace(reader.inputs, id, inputs[0], &Source::layer);
    else
      dropInputs(reader, [id](const Source& input) { return input.layer == id; });
  }
  std::erase_if(layers_, [id](const Layer& each) { return each.id == id; });
  for (Group& group : groups_) std::erase(group.layers, id);
  std::erase_if(groups_, [](const Group& group) { return group.layers.empty(); });
  return success();
}

Status Network::connect(Source from, LayerId to, std::optional<int> port) {
  Layer* target = mutableFind(to);
  TANDEM_TRY(checkSource(from));
  if (!target) return noSuchLayer(to);
  TANDEM_ASSIGN(const LayerDef* const def, requireType(target->type));
  if (def->maxInputs == 0) return tooManyInputs(*def, target->name);
  if (from.layer == to) return invalid("a layer cannot read its own output", target->name);
  if (auto path = findPath(layers_, to, from.layer); !path.empty()) {
    path.push_back(target->name);
    return invalid("this connection would close a cycle: " + pathText(path), target->name,
                   "Data must flow from the input to the output");
  }
  if (!port) port = def->maxInputs == 1 ? 0 : freeInput(*target);
  if (!port) {
    Error error = tooManyInputs(*def, target->name);
    if (!def->inputNames.empty())
      error.hint = "Drag the connection onto the port of the input that it replaces";
    return error;
  }
  const int used = static_cast<int>(target->inputs.size());
  if (*port < 0 || *port >= def->maxInputs || (*port > used && def->inputNames.empty()))
    return invalid("has no input " + std::to_string(*port + 1), target->name);
  const auto at = static_cast<std::size_t>(*port);
  if (*port >= used) target->inputs.resize(at + 1);
  target->inputs[at] = from;
  return success();
}

Status Network::disconnect(Source from, LayerId to, std::optional<int> port) {
  Layer* target = mutableFind(to);
  TANDEM_TRY(checkSource(from));
  if (!target) return noSuchLayer(to);
  const auto ports = static_cast<int>(target->inputs.size());
  if (!port) port = static_cast<int>(std::ranges::find(target->inputs, from) - target->inputs.begin());
  if (*port < 0 || *port >= ports || target->inputs[static_cast<std::size_t>(*port)] != from)
    return Error{ErrorCode::NotFound, "is not connected to '" + nameOf(from) + "'", target->name, {}};
  dropInput(*findLayer(target->type), *target, static_cast<std::size_t>(*port));
  trimInputs(*target);
  return success();
}

Status Network::rename(LayerId id, std::string name) {
  Layer* layer = mutableFind(id);
  if (!layer) return noSuchLayer(id);
  TANDEM_TRY(checkName(name, id));
  layer->name = std::move(name);
  return success();
}

Status Network::setProperty(LayerId id, std::string_view key, AttrValue value) {
  Layer* layer = mutableFind(id);
  if (!layer) return noSuchLayer(id);
  TANDEM_ASSIGN(const LayerDef* const def, requireType(layer->type));
  Layer changed = *layer;
  changed.properties.set(key, std::move(value));
  auto checked = normalized(*def, changed.properties);
  if (!checked.ok()) {
    Error error = std::move(checked).error();
    error.where = layer->name;
    return error;
  }
  changed.properties = std::move(checked).value();
  // An output that is read must remain.
  const auto ports = std::ssize(outputPorts(changed));
  for (const Layer& reader : layers_)
    for (const Source& input : reader.inputs)
      if (input.layer == id && input.port >= ports)
        return invalid("its output '" + nameOf(input) + "' is read by '" + reader.name + "'", layer->name,
                       "Disconnect the two first");
  *layer = std::move(changed);
  return success();
}

Status Network::setTrainable(LayerId id, bool trainable) {
  Layer* layer = mutableFind(id);
  if (!layer) return noSuchLayer(id);
  layer->trainable = trainable;
  return success();
}

Result<std::vector<LayerId>> Network::order() const {
  const auto index = indexById(layers_);
  std::vector<std::size_t> waiting(layers_.size());  // inputs not yet placed
  std::vector<std::vector<std::size_t>> readers(layers_.size());
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::vector<Source> sources = sourcesOf(layers_[i]);
    waiting[i] = sources.size();
    for (const Source& input : sources) readers[index.at(input.layer)].push_back(i);
  }
  // Among the ready layers, the one that comes first in the document goes first: a stable order.
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (waiting[i] == 0) ready.push(i);
  std::vector<LayerId> order;
  while (!ready.empty()) {
    const std::size_t i = ready.top();
    ready.pop();
    order.push_back(layers_[i].id);
    for (const std::size_t reader : readers[i])
      if (--waiting[reader] == 0) ready.push(reader);
  }
  if (order.size() == layers_.size()) return order;

  // Walking back along unplaced inputs must end up in a cycle.
  std::size_t at = 0;
  while (waiting[at] == 0) ++at;
  std::vector<std::size_t> walk;
  while (std::ranges::find(walk, at) == walk.end()) {
    walk.push_back(at);
    for (const Source& input : sourcesOf(layers_[at]))
      if (const std::size_t i = index.at(input.layer); waiting[i] != 0) {
        at = i;
        break;
      }
  }
  std::vector<std::string> names;
  for (auto it = std::ranges::find(walk, at); it != walk.end(); ++it) names.push_back(layers_[*it].name);
  names.push_back(names.front());
  std::ranges::reverse(names);
  return invalid("the layers form a cycle: " + pathText(names), {}, "Remove one of these connections");
}

std::vector<LayerId> Network::inputs() const {
  std::vector<LayerId> found;
  for (const Layer& layer : layers_)
    if (layer.type == "input") found.push_back(layer.id);
  return found;
}

std::vector<LayerId> Network::upTo(LayerId id) const {
  if (!find(id)) return {};
  const auto index = indexById(layers_);
  std::unordered_set<LayerId> reached{id};
  std::vector<LayerId> open{id}, found;
  while (!open.empty()) {
    const LayerId next = open.back();
    open.pop_back();
    for (const Source& input : sourcesOf(layers_[index.at(next)]))
      if (reached.insert(input.layer).second) open.push_back(input.layer);
    // Later repetitions of the layer read the whole block.
    for (const Group* group : groupsAround(next))
      if (group->repeat > 1)
        for (const LayerId member : group->layers)
          if (reached.insert(member).second) open.push_back(member);
  }
  for (const Layer& layer : layers_)
    if (reached.contains(layer.id)) found.push_back(layer.id);
  return found;
}

std::vector<Source> Network::outputs() const {
  const std::unordered_set<LayerId> read = readLayers();
  std::vector<Source> found;
  for (const Layer& layer : layers_) {
    if (layer.type == "input" || read.contains(layer.id)) continue;
    const std::vector<Source> own = outputsOf(layer);
    found.insert(found.end(), own.begin(), own.end());
  }
  return found;
}

std::unordered_set<LayerId> Network::readLayers() const {
  std::unordered_set<LayerId> read;
  for (const Layer& layer : layers_)
    for (const Source& input : sourcesOf(layer)) read.insert(input.layer);
  return read;
}

std::string Network::nameOf(Source source) const {
  const Layer* layer = find(source.layer);
  if (!layer) return {};
  const std::vector<std::string> ports = outputPorts(*layer);
  if (ports.size() == 1) return layer->name;
  return layer->name + "/" + ports.at(static_cast<std::size_t>(source.port));
}

std::optional<Source> Network::findSource(std::string_view name) const {
  const std::size_t slash = name.find('/');
  const Layer* layer = findByName(name.substr(0, slash));
  if (!layer) return std::nullopt;
  if (slash == std::string_view::npos) return layer->id;
  const std::vector<std::string> ports = outputPorts(*layer);
  const auto port = std::ranges::find(ports, name.substr(slash + 1));
  if (ports.size() == 1 || port == ports.end()) return std::nullopt;
  return Source(layer->id, static_cast<int>(port - ports.begin()));
}

Status Network::checkSource(Source source) const {
  const Layer* layer = find(source.layer);
  if (!layer) return noSuchLayer(source.layer);
  return checkPort(source, outputPorts(*layer).size(), layer->name);
}

}  // namespace tandem
