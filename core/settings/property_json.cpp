#include "core/settings/property_json.h"

namespace tandem {

Json propertyJson(const Property& property, const AttrValue& value) {
  if (property.kind == PropertyKind::Boolean) return std::get<std::int64_t>(value) != 0;
  return std::visit([](const auto& v) { return Json(v); }, value);
}

Result<AttrValue> propertyFromJson(const Property& property, const Json& json, const Path& path) {
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

Result<Attrs> propertiesFromJson(Properties properties, const Json& json, const Path& path,
                                 std::string_view whose, std::string_view skipped) {
  Attrs attrs;
  for (const auto& [key, value] : json.items()) {
    if (key == skipped) continue;
    const Property* const property = findProperty(properties, key);
    if (!property) {
      std::string known;
      for (const Property& each : properties) known += (known.empty() ? "" : ", ") + std::string(each.key);
      return at(path, fmt::format("{} has no property {}", whose, inQuotes(key)),
                known.empty() ? "It has none" : "Valid properties: " + known);
    }
    TANDEM_ASSIGN(AttrValue attr, propertyFromJson(*property, value, path.member(property->key)));
    attrs.set(key, std::move(attr));
  }
  return attrs;
}

}  // namespace tandem
