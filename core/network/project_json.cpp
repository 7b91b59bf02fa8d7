// The .tandem file: strict, versioned JSON. One description of the settings (project_fields.h) serves
// reading and writing, so that the two cannot drift apart.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <unordered_map>

#include "core/network/project_fields.h"

namespace tandem {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kMaxBytes = 64u << 20;
constexpr int kMaxDepth = 16;                  // the format itself nests 5 deep
constexpr std::size_t kMaxValues = 2'000'000;  // 10,000 layers need a tenth of this

// Text of a file, safe to show: short and on one line.
std::string inQuotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, 40)) out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  return out + (text.size() > 40 ? "...'" : "'");
}

// What the reader goes through to reach a value; spelled only when there is something to say.
struct Path {
  const Path* parent = nullptr;
  std::string_view key;
  std::size_t index = 0;

  Path member(std::string_view name) const { return {this, name, 0}; }
  Path item(std::size_t i) const { return {this, {}, i}; }
  std::string text() const {
    if (!parent) return {};
    std::string before = parent->text();
    if (key.empty()) return before + "[" + std::to_string(index) + "]";
    return (before.empty() ? "" : before + ".") + std::string(key);
  }
};

Error at(const Path& path, std::string message, std::string hint = {}) {
  return invalid(std::move(message), path.text(), std::move(hint));
}

std::string_view kindOf(const Json& json) {
  switch (json.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return "true or false";
    case Json::value_t::string:
      return "text";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::object:
      return "an object";
    default:
      return "a number";
  }
}

Status expect(bool good, const Path& path, std::string_view what, const Json& json) {
  if (good) return success();
  return at(path, "must be " + std::string(what) + ", not " + std::string(kindOf(json)));
}

// A JSON integer that fits in int64.
bool isInt64(const Json& json) {
  if (json.is_number_unsigned()) return json.get<std::uint64_t>() <= 0x7fffffffffffffffull;
  return json.is_number_integer();
}

// Reads the fields of one object. The first Error is kept, and stops nothing but itself.
class FieldReader {
 public:
  FieldReader(const Json& object, const Path& path) : object_(object), path_(path) {}

  template <class T>
  void integer(std::string_view key, T& value, T low, T high) {
    const Json* json = take(key);
    if (!json) return;
    bool good = isInt64(*json) && std::cmp_greater_equal(json->get<std::int64_t>(), low) &&
                std::cmp_less_equal(json->get<std::int64_t>(), high);
    if constexpr (std::is_same_v<T, std::uint64_t>)
      good = json->is_number_unsigned() && json->get<T>() >= low && json->get<T>() <= high;
    if (!good)
      return fail(key, "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    value = json->get<T>();
  }
  void number(std::string_view key, double& value, double low, double high) {
    const Json* json = take(key);
    if (!json) return;
    if (!json->is_number() || !(json->get<double>() >= low && json->get<double>() <= high))
      return fail(key, fmt::format("must be a number from {} to {}", low, high));
    value = json->get<double>();
  }
  void boolean(std::string_view key, bool& value) {
    const Json* json = take(key);
    if (!json) return;
    if (!json->is_boolean()) return fail(key, "must be true or false");
    value = json->get<bool>();
  }
  void text(std::string_view key, std::string& value, std::size_t maxBytes) {
    const Json* json = take(key);
    if (!json) return;
    if (!json->is_string()) return fail(key, "must be text");
    if (json->get_ref<const std::string&>().size() > maxBytes)
      return fail(key, "must be text of at most " + std::to_string(maxBytes) + " bytes");
    value = json->get<std::string>();
  }
  void texts(std::string_view key, std::vector<std::string>& value) {
    const Json* json = take(key);
    if (!json) return;
    bool good = json->is_array();
    if (good)
      for (const Json& item : *json) good = good && item.is_string();
    if (!good) return fail(key, "must be a list of texts");
    value = json->get<std::vector<std::string>>();
  }
  template <class Enum>
  void choice(std::string_view key, Enum& value, int count) {
    const Json* json = take(key);
    if (!json) return;
    std::string known;
    for (int i = 0; i < count; ++i) {
      const std::string_view name = nameOf(static_cast<Enum>(i));
      if (json->is_string() && json->get_ref<const std::string&>() == name) {
        value = static_cast<Enum>(i);
        return;
      }
      known += (i ? ", " : "") + std::string(name);
    }
    fail(key, "must be one of " + known);
  }
  template <class T>
  void object(std::string_view key, T& value) {
    const Json* json = take(key);
    if (!json || error_) return;
    if (!json->is_object()) return fail(key, "must be an object, not " + std::string(kindOf(*json)));
    const Path path = path_.member(key);
    FieldReader reader(*json, path);
    describe(reader, value);
    if (auto status = reader.finish(); !status.ok()) error_ = std::move(status).error();
  }

  // The first Error; or one for a key that nobody read.
  Status finish() {
    if (error_) return *error_;
    for (const auto& [key, value] : object_.items())
      if (!known_.contains(key)) {
        std::string list;
        for (const std::string_view name : order_) list += (list.empty() ? "" : ", ") + std::string(name);
        return at(path_, "unknown key " + inQuotes(key), "The keys are " + list);
      }
    return success();
  }

  const Json* take(std::string_view key) {
    known_.insert(std::string(key));
    order_.push_back(key);
    const auto it = object_.find(key);
    return it == object_.end() ? nullptr : &*it;
  }

 private:
  void fail(std::string_view key, std::string message) {
    if (!error_) error_ = at(path_.member(key), std::move(message));
  }

  const Json& object_;
  const Path& path_;
  std::set<std::string, std::less<>> known_;
  std::vector<std::string_view> order_;
  std::optional<Error> error_;
};

class FieldWriter {
 public:
  explicit FieldWriter(Json& object) : object_(object) {}

  template <class T>
  void integer(std::string_view key, const T& value, T, T) {
    put(key, value);
  }
  void number(std::string_view key, const double& value, double, double) { put(key, value); }
  void boolean(std::string_view key, const bool& value) { put(key, value); }
  void text(std::string_view key, const std::string& value, std::size_t) { put(key, value); }
  void texts(std::string_view key, const std::vector<std::string>& value) { put(key, value); }
  template <class Enum>
  void choice(std::string_view key, const Enum& value, int) {
    put(key, std::string(nameOf(value)));
  }
  template <class T>
  void object(std::string_view key, T& value) {
    Json& json = object_[std::string(key)] = Json::object();
    FieldWriter inner(json);
    describe(inner, value);
  }

 private:
  template <class T>
  void put(std::string_view key, const T& value) {
    object_[std::string(key)] = value;
  }
  Json& object_;
};

Json attrJson(const Property& property, const AttrValue& value) {
  if (property.kind == PropertyKind::Boolean) return std::get<std::int64_t>(value) != 0;
  return std::visit([](const auto& v) { return Json(v); }, value);
}

Result<AttrValue> readAttr(const Property& property, const Json& json, const Path& path) {
  AttrValue value;
  if (json.is_boolean() && property.kind == PropertyKind::Boolean) {
    value = std::int64_t{json.get<bool>()};
  } else if (isInt64(json) && property.kind != PropertyKind::Boolean) {
    value = json.get<std::int64_t>();
  } else if (json.is_number_float()) {
    value = json.get<double>();
  } else if (json.is_string()) {
    value = json.get<std::string>();
  } else if (json.is_array()) {
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < json.size(); ++i) {
      TANDEM_TRY(expect(isInt64(json[i]), path.item(i), "a whole number", json[i]));
      values.push_back(json[i].get<std::int64_t>());
    }
    value = std::move(values);
  } else {
    return at(path, "cannot be " + std::string(kindOf(json)));
  }
  if (auto status = checkProperty(property, value); !status.ok()) return at(path, status.error().message);
  return value;
}

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
              "The types are " + known);
  }
  if (properties) {
    const Path inner = path.member("properties");
    TANDEM_TRY(expect(properties->is_object(), inner, "an object", *properties));
    for (const auto& [key, value] : properties->items()) {
      const Property* const property = findProperty(*def, key);
      if (!property)
        return at(inner, "a layer of type " + read.layer.type + " has no property " + inQuotes(key));
      TANDEM_ASSIGN(AttrValue attr, readAttr(*property, value, inner.member(property->key)));
      read.layer.properties.set(key, std::move(attr));
    }
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

Status readLayers(const Json& json, const Path& path, Project& project) {
  TANDEM_TRY(expect(json.is_array(), path, "a list", json));
  if (json.size() > kMaxLayers)
    return at(path, "a network may have at most " + std::to_string(kMaxLayers) + " layers, but this has " +
                        std::to_string(json.size()));
  std::vector<ReadLayer> read;
  std::unordered_map<std::string, LayerId> ids;
  std::set<LayerId> used;
  for (std::size_t i = 0; i < json.size(); ++i) {
    TANDEM_ASSIGN(ReadLayer one, readLayer(json[i], path.item(i)));
    if (one.layer.id != 0 && !used.insert(one.layer.id).second)
      return at(path.item(i).member("id"),
                "there is already a layer with id " + std::to_string(one.layer.id));
    read.push_back(std::move(one));
  }
  LayerId next = 1;  // for layers written by hand without ids
  std::vector<Layer> layers;
  for (std::size_t i = 0; i < read.size(); ++i) {
    Layer& layer = read[i].layer;
    while (layer.id == 0 && !used.insert(next).second) ++next;
    if (layer.id == 0) layer.id = next;
    if (!ids.emplace(layer.name, layer.id).second)
      return at(path.item(i).member("name"), "there is already a layer named " + inQuotes(layer.name));
    if (read[i].position) project.positions[layer.id] = *read[i].position;
  }
  for (std::size_t i = 0; i < read.size(); ++i) {
    const Path itemPath = path.item(i), inputsPath = itemPath.member("inputs");
    for (std::size_t k = 0; k < read[i].inputs.size(); ++k) {
      const auto it = ids.find(read[i].inputs[k]);
      if (it == ids.end())
        return at(inputsPath.item(k), "there is no layer named " + inQuotes(read[i].inputs[k]));
      read[i].layer.inputs.push_back(it->second);
    }
    layers.push_back(std::move(read[i].layer));
  }
  auto network = Network::fromLayers(std::move(layers));
  if (!network.ok()) {
    Error error = std::move(network).error();
    error.where = error.where.empty() ? path.text() : path.text() + ": " + error.where;
    return error;
  }
  project.network = std::move(network).value();
  return success();
}

Result<Project> readProject(const Json& json) {
  const Path root;
  if (!json.is_object() || !json.contains("tandem"))
    return invalid("is not a Tandem project", {}, "A project is a JSON object with \"tandem\": 1");
  std::int64_t version = 0;
  Project project;
  FieldReader fields(json, root);
  fields.integer<std::int64_t>("tandem", version, 1, 1'000'000);
  fields.text("name", project.name, 1000);
  fields.text("notes", project.notes, 1'000'000);
  const Json* const layers = fields.take("layers");
  fields.object("data", project.data);
  fields.object("training", project.training);
  // The version comes first: a newer file may have keys that this program does not know.
  if (const Json& value = json["tandem"]; isInt64(value) && value.get<std::int64_t>() > kVersion)
    return at(root.member("tandem"),
              "the project was written by a newer Tandem (format " +
                  std::to_string(value.get<std::int64_t>()) + ")",
              "This one reads format " + std::to_string(kVersion) + "; update it");
  TANDEM_TRY(fields.finish());
  if (!layers) return invalid("has no \"layers\"", {}, "An empty network is \"layers\": []");
  TANDEM_TRY(readLayers(*layers, root.member("layers"), project));
  return project;
}

// Thrown by the parser's callback only, caught in parse().
struct Refused {
  std::string message;
};

// Guards against files made to exhaust memory or to mean two things: depth, count, repeated keys.
class ParseGuard {
 public:
  bool operator()(int, Json::parse_event_t event, Json& parsed) {
    if (++values_ > kMaxValues) throw Refused{"holds more values than any project needs"};
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        if (open_.size() >= kMaxDepth)
          throw Refused{"is nested deeper than " + std::to_string(kMaxDepth) + " levels"};
        open_.emplace_back();
        break;
      case Json::parse_event_t::object_end:
      case Json::parse_event_t::array_end:
        open_.pop_back();
        break;
      case Json::parse_event_t::key:
        if (const auto& key = parsed.get_ref<const std::string&>(); !open_.back().insert(key).second)
          throw Refused{"has the key " + inQuotes(key) + " twice in one object"};
        break;
      case Json::parse_event_t::value:
        break;
    }
    return true;
  }

 private:
  std::size_t values_ = 0;
  std::vector<std::set<std::string>> open_;
};

// "line 3, column 5" of a byte.
std::string placeOf(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte > 0 ? byte - 1 : 0);
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t start = before.rfind('\n');
  return "line " + std::to_string(line) + ", column " +
         std::to_string(before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1);
}

Result<Json> parse(std::string_view text) {
  if (text.size() > kMaxBytes) return invalid("is larger than 64 MiB");
  ParseGuard guard;
  try {
    return Json::parse(text, [&guard](int depth, Json::parse_event_t event, Json& parsed) {
      return guard(depth, event, parsed);
    });
  } catch (const Refused& refused) {
    return invalid(refused.message);
  } catch (const Json::parse_error& error) {
    return invalid("is not valid JSON: mistake at " + placeOf(text, error.byte), {},
                   "The file may be cut short or damaged");
  } catch (const Json::out_of_range&) {
    return invalid("holds a number too large for any computer");
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "does not fit into memory", {}, {}};
  }
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
    for (const LayerId input : layer.inputs) one["inputs"].push_back(byId.at(input)->name);
    one["properties"] = Json::object();
    for (const auto& [key, value] : layer.properties.items())
      one["properties"][key] = attrJson(*findProperty(*findLayer(layer.type), key), value);
    if (const auto it = project.positions.find(layer.id); it != project.positions.end())
      one["position"] = {it->second.x, it->second.y};
    json["layers"].push_back(std::move(one));
  }
  FieldWriter writer(json);
  writer.object("data", project.data);
  writer.object("training", project.training);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Project> projectFromJson(std::string_view text, std::string_view source) {
  auto json = parse(text);
  Result<Project> project = json.ok() ? readProject(*json) : Result<Project>(json.error());
  if (project.ok()) return project;
  Error error = std::move(project).error();
  error.where = error.where.empty() ? std::string(source) : std::string(source) + ": " + error.where;
  return error;
}

}  // namespace tandem
