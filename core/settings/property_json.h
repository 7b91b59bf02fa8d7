// Properties in JSON: {"type": "adam", "learning_rate": 0.001, "beta1": 0.95}.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json/fields.h"
#include "core/json/parse.h"
#include "core/settings/typed.h"

namespace tandem {

Json propertyJson(const Property& property, const AttrValue& value);
// Errors name the path.
Result<AttrValue> propertyFromJson(const Property& property, const Json& json, const Path& path);

// Reads all members but `skipped`. whose: "a layer of type dense", for the Error about an unknown key.
Result<Attrs> propertiesFromJson(Properties properties, const Json& json, const Path& path,
                                 std::string_view whose, std::string_view skipped = {});

// For FieldWriter and FieldReader (core/json/fields.h). All settings are written, so that a later change of a default
// does not change what a file means. "adam" alone is read like {"type": "adam"}; settings that are not stated stay as
// they are where both types have them.
template <class Def>
Json writeJson(const Typed<Def>& typed) {
  Json json{{"type", typed.def().type}};
  for (const Property& property : typed.def().properties)
    json[std::string(property.key)] = propertyJson(property, propertyValue(property, typed.properties()));
  return json;
}

template <class Def>
Status readJson(const Json& json, const Path& path, Typed<Def>& typed) {
  constexpr std::string_view kType = "type";
  TANDEM_TRY(expect(json.is_object() || json.is_string(), path, "an object with a type", json));
  const Path typePath = path.member(kType);
  std::string type(typed.def().type);
  if (json.is_string()) {
    type = json.get<std::string>();
  } else if (const auto found = json.find(kType); found != json.end()) {
    TANDEM_TRY(expect(found->is_string(), typePath, "a string", *found));
    type = found->get<std::string>();
  }
  const auto chosen = Typed<Def>::make(type);
  if (!chosen.ok())
    return at(json.is_string() ? path : typePath, chosen.error().message, chosen.error().hint);
  typed = typed.as(chosen->def());
  if (json.is_string()) return success();
  TANDEM_ASSIGN(const Attrs attrs,
                propertiesFromJson(typed.def().properties, json, path,
                                   fmt::format("the {} {}", Catalog<Def>::noun, type), kType));
  for (const auto& [key, value] : attrs.items()) TANDEM_TRY(typed.set(key, value));
  return success();
}

// Words between commas, without spaces around them.
std::vector<std::string> commaSeparated(std::string_view text);

// A list of them, such as ["accuracy", {"type": "top_k_accuracy", "k": 3}]; as text "accuracy, top_k_accuracy=3", which
// sets the first property.
template <class Def>
Json writeJson(const std::vector<Typed<Def>>& list) {
  Json json = Json::array();
  for (const Typed<Def>& each : list) json.push_back(writeJson(each));
  return json;
}

template <class Def>
Json itemOf(const std::string& word) {
  const auto equals = word.find('=');
  if (equals == word.npos) return Json(word);
  const std::string type = word.substr(0, equals), value = word.substr(equals + 1);
  const Def* const def = findDef<Def>(type);
  if (!def || def->properties.empty()) return Json(def ? word : type);  // which is no type
  const auto number = parseJson(value);
  return Json{{"type", type},
              {std::string(def->properties.front().key), number.ok() ? *number : Json(value)}};
}

template <class Def>
Status readJson(const Json& json, const Path& path, std::vector<Typed<Def>>& list) {
  constexpr std::size_t kMost = 100;  // more than anyone needs
  Json items = json;
  if (json.is_string()) {
    items = Json::array();
    for (const std::string& word : commaSeparated(json.get<std::string>()))
      items.push_back(itemOf<Def>(word));
  }
  TANDEM_TRY(expect(items.is_array(), path, "a list", json));
  if (items.size() > kMost) return at(path, fmt::format("must have at most {} items", kMost));
  list.clear();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].is_object() && !items[i].contains("type")) return at(path.item(i), "has no type");
    TANDEM_TRY(readJson(items[i], path.item(i), list.emplace_back()));
  }
  return success();
}

template <class Def>
Json writeJson(const std::optional<std::vector<Typed<Def>>>& list) {
  return writeJson(*list);
}

template <class Def>
Status readJson(const Json& json, const Path& path, std::optional<std::vector<Typed<Def>>>& list) {
  return readJson(json, path, list.emplace());
}

}  // namespace tandem
