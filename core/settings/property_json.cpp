#include "core/settings/property_json.h"

#include <algorithm>

namespace tandem {

std::vector<std::string> commaSeparated(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
    word = word.substr(0, word.find_last_not_of(' ') + 1);
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

Json propertyJson(const Property& property, const AttrValue& value) {
  if (property.kind == PropertyKind::Boolean) return std::get<std::int64_t>(value) != 0;
  if (property.kind == PropertyKind::Points) return propertyText(property, value);  // one line of the file
  return std::visit([](const auto& v) { return Json(v); }, value);
}

Result<AttrValue> propertyFromJson(const Property& property, const Json& json, const Path& path) {
  if (property.kind == PropertyKind::Points) {
    TANDEM_TRY(expect(json.is_string(), path, "a string such as \"0:1, 100:0\"", json));
    auto points = parseProperty(property, json.get_ref<const std::string&>());
    if (!points.ok()) return at(path, points.error().message);
    return points;
  }
  AttrValue value;
  if (json.is_number() && property.kind == PropertyKind::Numbers) {  // a list of one
    value = std::vector{json.get<double>()};
  } else if (json.is_boolean() && property.kind == PropertyKind::Boolean) {
    value = std::int64_t{json.get<bool>()};
  } else if (isInt64(json) && property.kind != PropertyKind::Boolean) {
    value = json.get<std::int64_t>();
  } else if (json.is_number_float()) {
    value = json.get<double>();
  } else if (json.is_string() && property.kind == PropertyKind::Numbers) {  // "1, 2.5", on a command line
    const auto numbers = parseProperty(property, json.get<std::string>());
    if (!numbers.ok()) return at(path, numbers.error().message);
    value = *numbers;
  } else if (json.is_string()) {
    value = json.get<std::string>();
  } else if (json.is_array() && property.kind == PropertyKind::Numbers) {
    std::vector<double> values;
    for (std::size_t i = 0; i < json.size(); ++i) {
      TANDEM_TRY(expect(json[i].is_number(), path.item(i), "a number", json[i]));
      values.push_back(json[i].get<double>());
    }
    value = std::move(values);
  } else if (json.is_array()) {
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < json.size(); ++i) {
      if (json[i].is_number() && !isInt64(json[i]))
        return at(path.item(i), "must be a whole number, not " + json[i].dump());
      TANDEM_TRY(expect(isInt64(json[i]), path.item(i), "a whole number", json[i]));
      values.push_back(json[i].get<std::int64_t>());
    }
    value = std::move(values);
  } else {
    return at(path, "cannot be " + std::string(kindOf(json)));
  }
  if (auto status = checkProperty(property, value); !status.ok())
    return at(path, status.error().message, status.error().hint);
  return value;
}

Result<Attrs> propertiesFromJson(Properties properties, const Json& json, const Path& path,
                                 std::string_view whose, std::string_view skipped) {
  Attrs attrs;
  for (const auto& [key, value] : json.items()) {
    if (key == skipped) continue;
    const Property* const property = findProperty(properties, key);
    if (!property)
      return at(path, fmt::format("{} has no property {}", whose, inQuotes(key)),
                validProperties(properties));
    TANDEM_ASSIGN(AttrValue attr, propertyFromJson(*property, value, path.member(property->key)));
    attrs.set(key, std::move(attr));
  }
  return attrs;
}

}  // namespace tandem
