#include "core/io/keras/config.h"

#include <algorithm>

#include "core/layers/initializers.h"
#include "core/ops/activation_kind.h"

namespace tandem::keras {
namespace {

// Tandem's layers have tighter bounds; this one keeps sums of extents far from overflow.
constexpr std::int64_t kLargest = std::int64_t{1} << 31;

constexpr double kStrongest = 1000;  // of a penalty; the limit of Tandem's layers

bool isCount(const Json& json) {
  return json.is_number_integer() && json.get<std::int64_t>() >= 0 && json.get<std::int64_t>() <= kLargest;
}

}  // namespace

const Json* ConfigReader::find(const char* key) const {
  const auto it = layer_.config.find(key);
  return it == layer_.config.end() || it->is_null() ? nullptr : &*it;
}

void ConfigReader::wrong(const char* key, const std::string& expected) {
  if (!error_)
    error_ = invalid("the setting " + inQuotes(key) + " must be " + expected, layer_.name,
                     "The model was saved by an unsupported program; save it with Keras 2 or 3");
}

void ConfigReader::require(bool possible, const std::string& what) {
  if (!error_ && !possible)
    error_ = Error{ErrorCode::Unsupported, what, layer_.name,
                   "Change the layer in Keras and save the model again"};
}

std::int64_t ConfigReader::integer(const char* key, std::optional<std::int64_t> fallback) {
  const Json* json = find(key);
  if (!json && fallback) return *fallback;
  if (json && isCount(*json)) return json->get<std::int64_t>();
  wrong(key, "a whole number");
  return 0;
}

double ConfigReader::number(const char* key, double fallback) {
  const Json* json = find(key);
  if (!json) return fallback;
  if (json->is_number()) return json->get<double>();
  wrong(key, "a number");
  return fallback;
}

bool ConfigReader::boolean(const char* key, bool fallback) {
  const Json* json = find(key);
  if (!json) return fallback;
  if (json->is_boolean()) return json->get<bool>();
  wrong(key, "true or false");
  return fallback;
}

std::string ConfigReader::text(const char* key, const std::string& fallback) {
  const Json* json = find(key);
  if (!json) return fallback;
  if (json->is_string()) return json->get<std::string>();
  wrong(key, "text");
  return fallback;
}

std::vector<std::int64_t> ConfigReader::integers(const Json& json, const char* key, std::size_t count) {
  std::vector<std::int64_t> values(count, 1);
  if (isCount(json)) {
    std::ranges::fill(values, json.get<std::int64_t>());
  } else if (json.is_array() && json.size() == count && std::ranges::all_of(json, isCount)) {
    values = json.get<std::vector<std::int64_t>>();
  } else {
    wrong(key, std::to_string(count) + " whole numbers");
  }
  return values;
}

std::int64_t ConfigReader::single(const char* key, std::optional<std::int64_t> fallback) {
  const Json* json = find(key);
  if (!json && fallback) return *fallback;
  return integers(json ? *json : Json(), key, 1)[0];
}

std::vector<std::int64_t> ConfigReader::pair(const char* key,
                                             std::optional<std::vector<std::int64_t>> fallback) {
  const Json* json = find(key);
  if (!json && fallback) return *fallback;
  return integers(json ? *json : Json(), key, 2);
}

std::array<std::int64_t, 4> ConfigReader::pads(const char* key) {
  const Json* json = find(key);
  if (json && json->is_array() && json->size() == 2 && (*json)[0].is_array()) {
    const auto rows = integers((*json)[0], key, 2), columns = integers((*json)[1], key, 2);
    return {rows[0], rows[1], columns[0], columns[1]};
  }
  const auto both = json ? integers(*json, key, 2) : std::vector<std::int64_t>{1, 1};  // Keras' default
  return {both[0], both[0], both[1], both[1]};
}

std::vector<std::int64_t> ConfigReader::sizes(const char* key) {
  const Json* json = find(key);
  const auto size = [](const Json& v) { return v.is_number_integer() && v >= -1 && v <= 1'000'000'000; };
  if (!json || !json->is_array() || json->empty() || json->size() > 4 || !std::ranges::all_of(*json, size)) {
    wrong(key, "1 to 4 sizes");
    return {};
  }
  const auto sizes = json->get<std::vector<std::int64_t>>();
  require(std::ranges::find(sizes, -1) == sizes.end(), "leaves a size open (-1); Tandem needs all sizes");
  return sizes;
}

std::vector<std::int64_t> ConfigReader::inputShape() {
  const Json* json = find("batch_shape");
  if (!json) json = find("batch_input_shape");
  if (!json || !json->is_array() || json->size() < 2) {
    wrong("batch_shape", "the shape of the input, with the batch first");
    return {};
  }
  std::vector<std::int64_t> shape;
  for (std::size_t i = 1; i < json->size(); ++i) {
    if ((*json)[i].is_null()) {
      require(false, "accepts inputs of any size; Tandem needs a fixed size");
      return {};
    }
    if (isCount((*json)[i])) shape.push_back((*json)[i].get<std::int64_t>());
  }
  if (shape.size() + 1 != json->size()) wrong("batch_shape", "whole numbers");
  return shape;
}

std::string ConfigReader::activation(const char* key, const std::string& fallback) {
  const Json* json = find(key);
  // Keras 3 may write a function as {"class_name": "function", "config": "relu"}.
  if (json && json->is_object() && json->contains("class_name") && (*json)["class_name"] == "function" &&
      json->contains("config"))
    json = &(*json)["config"];
  if (json && !json->is_string()) {
    require(false, "its activation is a layer, not a function");
    return "none";
  }
  const std::string name = json ? json->get<std::string>() : fallback;
  if (name == "linear") return "none";
  if (name == "swish") return "silu";
  if (name == "hard_silu") return "hard_swish";
  const bool known = name == "softmax" || (name != "none" && activationFromName(name));
  require(known, "Tandem does not support the activation " + inQuotes(name));
  return known ? name : "none";
}

std::string ConfigReader::initializer(const char* key, std::string_view fallback) {
  const Json* json = find(key);
  std::string name;
  if (json && json->is_string()) name = json->get<std::string>();
  if (json && json->is_object() && json->contains("class_name") && (*json)["class_name"].is_string())
    name = (*json)["class_name"].get<std::string>();
  std::string snake;  // "GlorotUniform" -> "glorot_uniform"
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !snake.empty()) snake += '_';
    snake += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const bool known = std::ranges::find(initializerNames(), snake) != initializerNames().end();
  return known ? snake : std::string(fallback);
}

void ConfigReader::setPenalties(const char* key, Attrs& properties) {
  const Json* json = find(key);
  if (!json || !json->is_object() || !json->contains("config")) return;
  const Json &name = json->value("class_name", Json()), &values = (*json)["config"];
  if ((name != "L1" && name != "L2" && name != "L1L2") || !values.is_object()) return;
  for (const char* penalty : {"l1", "l2"}) {
    const auto value = values.find(penalty);
    if (value == values.end() || !value->is_number()) continue;
    const double strength = value->get<double>();
    if (strength > 0 && strength <= kStrongest) properties.set(penalty, strength);
  }
}

}  // namespace tandem::keras
