// The .tandem file: strict, versioned JSON. Reading and writing share one description of the settings
// (project_fields.h), so that the two cannot diverge.
#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <unordered_map>

#include "core/network/project_fields.h"
#include "core/network/project_version.h"
#include "core/settings/property_json.h"
#include "core/text/enumeration.h"

namespace tandem {
namespace {

constexpr std::int64_t kVersion = 2;

struct ReadLayer {
  Layer layer;
  std::vector<std::string> inputs;
  std::optional<Position> position;
};

Result<ReadLayer> readLayer(const Json& json, const Path& path) {
  TANDEM_TRY(expect(json.is_object(), path, "an object", json));
  ReadLayer read;
  FieldReader fields(json, path);
  fields.integer("id", read.layer.id, 1, 1'000'000'000);
  fields.text("type", read.layer.type, 100);
  fields.text("name", read.layer.name, 100);
  fields.texts("inputs", read.inputs);
  fields.boolean("trainable", read.layer.trainable);
  const Json* const properties = fields.take("properties");
  const Json* const position = fields.take("position");
  TANDEM_TRY(fields.finish());
  if (read.layer.type.empty()) return at(path, "has no type");
  if (read.layer.name.empty()) return at(path, "has no name");
  const LayerDef* const def = findLayer(read.layer.type);
  if (!def) {
    std::string known;
    for (const LayerDef* each : allLayers()) known += (known.empty() ? "" : ", ") + std::string(each->type);
    return at(path.member("type"), "there is no layer type " + inQuotes(read.layer.type),
              "Valid types: " + known);
  }
  if (properties) {
    const Path inner = path.member("properties");
    TANDEM_TRY(expect(properties->is_object(), inner, "an object", *properties));
    TANDEM_ASSIGN(read.layer.properties, propertiesFromJson(def->properties, *properties, inner,
                                                            "a layer of type " + read.layer.type));
  }
  if (position) {
    const auto coordinate = [](const Json& v) { return v.is_number() && std::abs(v.get<double>()) <= 1e9; };
    if (!position->is_array() || position->size() != 2 || !coordinate((*position)[0]) ||
        !coordinate((*position)[1]))
      return at(path.member("position"), "must be two numbers, x and y");
    read.position = Position{(*position)[0].get<double>(), (*position)[1].get<double>()};
  }
  return read;
}

using Ids = std::unordered_map<std::string, LayerId>;  // layer ids by name

// What "conv" or "split/part_2" names, in layers of these ids.
Result<Source> readSource(const std::string& name, const Path& path, const Ids& ids,
                          const std::unordered_map<LayerId, const Layer*>& layers) {
  const std::size_t slash = name.find('/');
  const auto id = ids.find(name.substr(0, slash));
  if (id == ids.end()) return at(path, "there is no layer named " + inQuotes(name.substr(0, slash)));
  if (slash == std::string::npos) return Source(id->second);
  const std::vector<std::string> ports = outputPorts(*layers.at(id->second));
  if (ports.size() == 1) return at(path, "the layer " + inQuotes(id->first) + " has only one output");
  const auto port = std::ranges::find(ports, name.substr(slash + 1));
  if (port == ports.end())
    return at(path, "the layer " + inQuotes(id->first) + " has no output " + inQuotes(name.substr(slash + 1)),
              "Its outputs: " + enumerated(ports));
  return Source(id->second, static_cast<int>(port - ports.begin()));
}

// Fills `ids`.
Status readLayers(const Json& json, const Path& path, Project& project, Ids& ids) {
  TANDEM_TRY(expect(json.is_array(), path, "a list", json));
  if (json.size() > kMaxLayers)
    return at(path, "a network may have at most " + std::to_string(kMaxLayers) + " layers, but this has " +
                        std::to_string(json.size()));
  std::vector<ReadLayer> read;
  std::set<LayerId> used;
  for (std::size_t i = 0; i < json.size(); ++i) {
    TANDEM_ASSIGN(ReadLayer one, readLayer(json[i], path.item(i)));
    if (one.layer.id != 0 && !used.insert(one.layer.id).second)
      return at(path.item(i).member("id"),
                "there is already a layer with id " + std::to_string(one.layer.id));
    read.push_back(std::move(one));
  }
  LayerId next = 1;  // for hand-written layers without ids
  std::vector<Layer> layers;
  for (std::size_t i = 0; i < read.size(); ++i) {
    Layer& layer = read[i].layer;
    while (layer.id == 0 && !used.insert(next).second) ++next;
    if (layer.id == 0) layer.id = next;
    if (!ids.emplace(layer.name, layer.id).second)
      return at(path.item(i).member("name"), "there is already a layer named " + inQuotes(layer.name));
    if (read[i].position) project.positions[layer.id] = *read[i].position;
  }
  std::unordered_map<LayerId, const Layer*> byId;
  for (const ReadLayer& one : read) byId.emplace(one.layer.id, &one.layer);
  for (std::size_t i = 0; i < read.size(); ++i) {
    const Path itemPath = path.item(i), inputsPath = itemPath.member("inputs");
    // Of inputs with names, "" is one that is not connected.
    const bool named = !findLayer(read[i].layer.type)->inputNames.empty();
    for (std::size_t k = 0; k < read[i].inputs.size(); ++k) {
      if (named && read[i].inputs[k].empty()) {
        read[i].layer.inputs.emplace_back();
        continue;
      }
      TANDEM_ASSIGN(const Source source, readSource(read[i].inputs[k], inputsPath.item(k), ids, byId));
      read[i].layer.inputs.push_back(source);
    }
  }
  for (ReadLayer& one : read) layers.push_back(std::move(one.layer));
  auto network = Network::fromLayers(std::move(layers));
  if (!network.ok()) {
    Error error = std::move(network).error();
    error.where = error.where.empty() ? path.text() : path.text() + ": " + error.where;
    return error;
  }
  project.network = std::move(network).value();
  return success();
}

struct ReadGroup {
  Group group;        // with the layers directly in it
  std::string outer;  // the name of the group that it lies in
};

Result<ReadGroup> readGroup(const Json& json, const Path& path, const Ids& ids, std::set<LayerId>& grouped) {
  TANDEM_TRY(expect(json.is_object(), path, "an object", json));
  ReadGroup read;
  Group& group = read.group;
  std::vector<std::string> names;
  FieldReader fields(json, path);
  fields.integer("id", group.id, 1, 1'000'000'000);
  fields.text("name", group.name, kMaxNameBytes);
  fields.text("in", read.outer, kMaxNameBytes);
  fields.texts("layers", names);
  fields.integer("repeat", group.repeat, 1, kMaxRepeat);
  fields.boolean("folded", group.folded);
  TANDEM_TRY(fields.finish());
  if (group.name.empty()) return at(path, "has no name");
  if (read.outer == group.name) return at(path.member("in"), "a group cannot be in itself");
  const Path layersPath = path.member("layers");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto id = ids.find(names[i]);
    if (id == ids.end()) return at(layersPath.item(i), "there is no layer named " + inQuotes(names[i]));
    if (!grouped.insert(id->second).second)
      return at(layersPath.item(i), "the layer " + inQuotes(names[i]) + " is already in a group");
    group.layers.push_back(id->second);
  }
  return read;
}

// Sets the parents of all groups and adds their layers to the groups around them. Returns for each group its path from
// the outermost, as indices.
Result<std::vector<std::vector<std::size_t>>> nestGroups(std::vector<ReadGroup>& groups, const Path& path) {
  std::unordered_map<std::string_view, std::size_t> byName;
  for (std::size_t i = 0; i < groups.size(); ++i) byName.emplace(groups[i].group.name, i);
  std::vector<std::size_t> outer(groups.size(), groups.size());  // none
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].outer.empty()) continue;
    const auto found = byName.find(groups[i].outer);
    if (found == byName.end())
      return at(path.item(i).member("in"), "there is no group named " + inQuotes(groups[i].outer));
    outer[i] = found->second;
    groups[i].group.parent = groups[outer[i]].group.id;
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    std::size_t each = outer[i];
    for (std::size_t steps = 0; each != i && each != groups.size() && steps < groups.size(); ++steps)
      each = outer[each];
    if (each == i)
      return at(path.item(i).member("in"), "the groups " + inQuotes(groups[i].group.name) + " and " +
                                               inQuotes(groups[i].outer) + " contain each other");
  }
  std::vector<std::vector<std::size_t>> chains(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    std::vector<std::size_t>& chain = chains[i];
    for (std::size_t each = i; each != groups.size(); each = outer[each]) {
      chain.insert(chain.begin(), each);
      if (chain.size() > kMaxGroupDepth)
        return at(path.item(i).member("in"),
                  "groups can be nested at most " + std::to_string(kMaxGroupDepth) + " deep");
    }
  }
  std::vector<std::vector<LayerId>> direct;
  for (const ReadGroup& each : groups) direct.push_back(each.group.layers);
  for (std::size_t i = 0; i < groups.size(); ++i)
    for (const std::size_t around : chains[i])
      if (around != i)
        groups[around].group.layers.insert(groups[around].group.layers.end(), direct[i].begin(),
                                           direct[i].end());
  return chains;
}

Status readGroups(const Json& json, const Path& path, const Ids& ids, Network& network) {
  TANDEM_TRY(expect(json.is_array(), path, "a list", json));
  if (json.size() > kMaxLayers)
    return at(path, "a network may have at most " + std::to_string(kMaxLayers) + " groups, but this has " +
                        std::to_string(json.size()));
  std::set<LayerId> grouped;
  std::set<GroupId> used;
  std::vector<ReadGroup> groups;
  for (std::size_t i = 0; i < json.size(); ++i) {
    TANDEM_ASSIGN(ReadGroup read, readGroup(json[i], path.item(i), ids, grouped));
    if (read.group.id != 0 && !used.insert(read.group.id).second)
      return at(path.item(i).member("id"),
                "there is already a group with id " + std::to_string(read.group.id));
    groups.push_back(std::move(read));
  }
  GroupId next = 1;  // for hand-written groups without ids
  for (ReadGroup& read : groups) {
    while (read.group.id == 0 && !used.insert(next).second) ++next;
    if (read.group.id == 0) read.group.id = next;
  }
  TANDEM_ASSIGN(const auto chains, nestGroups(groups, path));
  std::vector<bool> inserted(groups.size());
  for (const std::vector<std::size_t>& chain : chains)
    for (const std::size_t i : chain) {
      if (inserted[i]) continue;
      inserted[i] = true;
      if (groups[i].group.layers.empty()) return at(path.item(i), "has no layers");
      if (auto status = network.insertGroup(std::move(groups[i].group)); !status.ok())
        return at(path.item(i), status.error().message, status.error().hint);
    }
  return success();
}

Result<Project> readProject(Json json) {
  const Path root;
  if (!json.is_object() || !json.contains("tandem"))
    return invalid("is not a Tandem project", {}, "A project is a JSON object with \"tandem\": 2");
  TANDEM_TRY(upgradeProject(json));
  std::int64_t version = 0;
  Project project;
  FieldReader fields(json, root);
  fields.integer<std::int64_t>("tandem", version, 1, 1'000'000);
  fields.text("name", project.name, 1000);
  fields.text("notes", project.notes, 1'000'000);
  const Json* const layers = fields.take("layers");
  const Json* const groups = fields.take("groups");
  fields.object("data", project.data);
  fields.object("training", project.training);
  // The version comes first: a newer file may have keys that this program does not know.
  if (const Json& value = json["tandem"]; isInt64(value) && value.get<std::int64_t>() > kVersion)
    return at(root.member("tandem"),
              "the project was written by a newer version of Tandem (format " +
                  std::to_string(value.get<std::int64_t>()) + ")",
              "This version reads formats up to " + std::to_string(kVersion) + "; update Tandem");
  TANDEM_TRY(fields.finish());
  if (!layers) return invalid("has no \"layers\"", {}, "An empty network is \"layers\": []");
  Ids ids;
  TANDEM_TRY(readLayers(*layers, root.member("layers"), project, ids));
  if (groups) TANDEM_TRY(readGroups(*groups, root.member("groups"), ids, project.network));
  // "split" is "split/part_1"; results have the full name.
  for (Head& head : project.training.heads)
    if (const auto output = project.network.findSource(head.output))
      head.output = project.network.nameOf(*output);
  return project;
}

}  // namespace

std::string toJson(const Project& project) {
  Json json;
  json["tandem"] = kVersion;
  json["name"] = project.name;
  json["notes"] = project.notes;
  json["layers"] = Json::array();
  std::unordered_map<LayerId, const Layer*> byId;
  for (const Layer& layer : project.network.layers()) byId[layer.id] = &layer;
  for (const Layer& layer : project.network.layers()) {
    Json one;
    one["id"] = layer.id;
    one["type"] = layer.type;
    one["name"] = layer.name;
    one["inputs"] = Json::array();
    for (const Source& input : layer.inputs) {
      if (input == Source()) {
        one["inputs"].push_back("");
        continue;
      }
      const Layer& source = *byId.at(input.layer);
      const std::vector<std::string> ports = outputPorts(source);
      one["inputs"].push_back(ports.size() == 1
                                  ? source.name
                                  : source.name + "/" + ports.at(static_cast<std::size_t>(input.port)));
    }
    one["properties"] = Json::object();
    for (const auto& [key, value] : layer.properties.items())
      one["properties"][key] = propertyJson(*findProperty(findLayer(layer.type)->properties, key), value);
    if (!layer.trainable) one["trainable"] = false;
    if (const auto it = project.positions.find(layer.id); it != project.positions.end())
      one["position"] = {it->second.x, it->second.y};
    json["layers"].push_back(std::move(one));
  }
  std::unordered_map<LayerId, GroupId> innermost;
  for (const Group& group : project.network.groups())
    for (const LayerId layer : group.layers) innermost[layer] = group.id;
  for (const Group& group : project.network.groups()) {
    Json one;
    one["id"] = group.id;
    one["name"] = group.name;
    if (const Group* outer = project.network.findGroup(group.parent)) one["in"] = outer->name;
    one["layers"] = Json::array();  // those directly in it
    for (const LayerId layer : group.layers)
      if (innermost.at(layer) == group.id) one["layers"].push_back(byId.at(layer)->name);
    one["repeat"] = group.repeat;
    one["folded"] = group.folded;
    json["groups"].push_back(std::move(one));
  }
  FieldWriter writer(json);
  writer.object("data", project.data);
  writer.object("training", project.training);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Project> projectFromJson(std::string_view text, std::string_view source) {
  auto json = parseJson(text);
  Result<Project> project = json.ok() ? readProject(*std::move(json)) : Result<Project>(json.error());
  if (project.ok()) return project;
  Error error = std::move(project).error();
  error.where = error.where.empty() ? std::string(source) : std::string(source) + ": " + error.where;
  return error;
}

}  // namespace tandem
