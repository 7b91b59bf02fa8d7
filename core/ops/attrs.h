// Attributes of an op or a property set: a small ordered list of named values. Each op header
// provides the typed view (for instance Conv2dGeometry in conv2d.h); no other code uses the keys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tandem {

using AttrValue =
    std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>>;

class Attrs {
 public:
  Attrs() = default;
  Attrs(std::initializer_list<std::pair<std::string, AttrValue>> items) : items_(items) {}

  void set(std::string_view key, AttrValue value);
  bool has(std::string_view key) const { return find(key) != nullptr; }

  std::int64_t integer(std::string_view key, std::int64_t fallback) const;
  double number(std::string_view key, double fallback) const;  // also reads an integer
  std::string text(std::string_view key, std::string_view fallback) const;
  std::vector<std::int64_t> integers(std::string_view key, std::vector<std::int64_t> fallback) const;

  std::vector<double> numbers(std::string_view key) const;  // empty if there are none

  const std::vector<std::pair<std::string, AttrValue>>& items() const { return items_; }
  std::string text() const;  // "stride=2 activation=relu", for plans and reports
  bool operator==(const Attrs&) const = default;

 private:
  const AttrValue* find(std::string_view key) const;
  std::vector<std::pair<std::string, AttrValue>> items_;
};

}  // namespace tandem
