// Reading and writing the fields of a JSON object: `describe(fields, config)` (project_fields.h) names
// each field once; a FieldReader or a FieldWriter transfers it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/value_range.h"
#include "core/json/parse.h"

namespace tandem {

// The path to the value being read; converted to text only for an error message.
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

inline Error at(const Path& path, std::string_view message, std::string_view hint = {}) {
  return invalid(message, path.text(), hint);
}

inline std::string_view kindOf(const Json& json) {
  switch (json.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return "true or false";
    case Json::value_t::string:
      return "a string";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::object:
      return "an object";
    default:
      return "a number";
  }
}

inline Status expect(bool good, const Path& path, std::string_view what, const Json& json) {
  if (good) return success();
  return at(path, "must be " + std::string(what) + ", not " + std::string(kindOf(json)));
}

// A JSON integer that fits in int64.
inline bool isInt64(const Json& json) {
  if (json.is_number_unsigned()) return json.get<std::uint64_t>() <= 0x7fffffffffffffffull;
  return json.is_number_integer();
}

// Reads the fields of one object. Remembers the first Error and continues with the other fields.
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
  void number(std::string_view key, double& value, ValueRange range) {
    number(key, value, range.minimum, range.maximum);
  }
  // A measured value may be non-finite: null is NaN, the strings "inf" and "-inf" are infinities.
  void measure(std::string_view key, double& value) {
    const Json* json = take(key);
    if (json && !readMeasure(*json, value)) fail(key, "must be a number, null or \"inf\"");
  }
  void measures(std::string_view key, std::vector<double>& values) {
    const Json* json = take(key);
    if (!json) return;
    if (!json->is_array()) return fail(key, "must be a list of numbers");
    values.resize(json->size());
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!readMeasure((*json)[i], values[i])) return fail(key, "must be a list of numbers");
  }
  template <class T>
  void integers(std::string_view key, std::vector<T>& values, T low, T high) {
    const Json* json = take(key);
    if (!json) return;
    if (!json->is_array()) return fail(key, "must be a list of whole numbers");
    for (const Json& item : *json) {
      if (!isInt64(item) || !std::cmp_greater_equal(item.get<std::int64_t>(), low) ||
          !std::cmp_less_equal(item.get<std::int64_t>(), high))
        return fail(key, "must be a list of whole numbers from " + std::to_string(low) + " to " +
                             std::to_string(high));
      values.push_back(item.get<T>());
    }
  }
  template <class T>
  void objects(std::string_view key, std::vector<T>& values, std::size_t most) {
    const Json* json = take(key);
    if (!json || error_) return;
    if (!json->is_array() || json->size() > most)
      return fail(key, "must be a list of at most " + std::to_string(most) + " objects");
    const Path list = path_.member(key);
    for (std::size_t i = 0; i < json->size(); ++i) {
      const Path path = list.item(i);
      if (auto status = expect((*json)[i].is_object(), path, "an object", (*json)[i]); !status.ok()) {
        error_ = std::move(status).error();
        return;
      }
      FieldReader reader((*json)[i], path);
      describe(reader, values.emplace_back());
      if (auto status = reader.finish(); !status.ok()) {
        error_ = std::move(status).error();
        return;
      }
    }
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
    if (!json->is_string()) return fail(key, "must be a string");
    if (json->get_ref<const std::string&>().size() > maxBytes)
      return fail(key, "must be a string of at most " + std::to_string(maxBytes) + " bytes");
    value = json->get<std::string>();
  }
  void texts(std::string_view key, std::vector<std::string>& value) {
    const Json* json = take(key);
    if (!json) return;
    bool good = json->is_array();
    if (good)
      for (const Json& item : *json) good = good && item.is_string();
    if (!good) return fail(key, "must be a list of strings");
    value = json->get<std::vector<std::string>>();
  }
  // One string, or a list; "" is an empty list.
  void textOrTexts(std::string_view key, std::vector<std::string>& value, std::size_t maxBytes) {
    const Json* json = take(key);
    if (!json) return;
    const auto good = [&](const Json& item) {
      return item.is_string() && item.get_ref<const std::string&>().size() <= maxBytes;
    };
    std::vector<std::string> items;
    if (good(*json))
      items = {json->get<std::string>()};
    else if (json->is_array() && std::ranges::all_of(*json, good))
      items = json->get<std::vector<std::string>>();
    else
      return fail(key, fmt::format("must be a string of at most {} bytes, or a list of these", maxBytes));
    value.clear();
    for (std::string& item : items)
      if (!item.empty()) value.push_back(std::move(item));
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

  // A value with its own format: readJson(json, path, value).
  template <class T>
  void value(std::string_view key, T& value) {
    const Json* json = take(key);
    if (!json || error_) return;
    if (auto status = readJson(*json, path_.member(key), value); !status.ok())
      error_ = std::move(status).error();
  }

  // Returns the first Error, or an Error for a key that was not read.
  Status finish() {
    if (error_) return *error_;
    for (const auto& [key, value] : object_.items())
      if (!known_.contains(key)) {
        std::string list;
        for (const std::string_view name : order_) list += (list.empty() ? "" : ", ") + std::string(name);
        return at(path_, "unknown key " + inQuotes(key), "Valid keys: " + list);
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
  static bool readMeasure(const Json& json, double& value) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (json.is_null())
      value = std::numeric_limits<double>::quiet_NaN();
    else if (json == "inf" || json == "-inf")
      value = json == "inf" ? kInfinity : -kInfinity;
    else if (json.is_number())
      value = json.get<double>();
    else
      return false;
    return true;
  }
  void fail(std::string_view key, std::string_view message) {
    if (!error_) error_ = at(path_.member(key), message);
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
  void number(std::string_view key, const double& value, ValueRange) { put(key, value); }
  void measure(std::string_view key, const double& value) { object_[std::string(key)] = measured(value); }
  void measures(std::string_view key, const std::vector<double>& values) {
    Json& list = object_[std::string(key)] = Json::array();
    for (const double value : values) list.push_back(measured(value));
  }
  template <class T>
  void integers(std::string_view key, const std::vector<T>& values, T, T) {
    put(key, values);
  }
  template <class T>
  void objects(std::string_view key, const std::vector<T>& values, std::size_t) {
    Json& list = object_[std::string(key)] = Json::array();
    for (const T& value : values) {
      FieldWriter inner(list.emplace_back(Json::object()));
      describe(inner, value);
    }
  }
  void boolean(std::string_view key, const bool& value) { put(key, value); }
  void text(std::string_view key, const std::string& value, std::size_t) { put(key, value); }
  void texts(std::string_view key, const std::vector<std::string>& value) { put(key, value); }
  void textOrTexts(std::string_view key, const std::vector<std::string>& value, std::size_t) {
    if (value.size() > 1)
      put(key, value);
    else
      put(key, value.empty() ? std::string() : value[0]);
  }
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
  template <class T>
  void value(std::string_view key, const T& value) {
    object_[std::string(key)] = writeJson(value);
  }

 private:
  static Json measured(double value) {
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    return value;  // NaN becomes null
  }
  template <class T>
  void put(std::string_view key, const T& value) {
    object_[std::string(key)] = value;
  }
  Json& object_;
};

}  // namespace tandem
