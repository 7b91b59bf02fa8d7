#include "core/ops/attrs.h"

#include <algorithm>
#include <sstream>

namespace tandem {

const AttrValue* Attrs::find(std::string_view key) const {
  const auto it = std::ranges::find(items_, key, &std::pair<std::string, AttrValue>::first);
  return it == items_.end() ? nullptr : &it->second;
}

void Attrs::set(std::string_view key, AttrValue value) {
  const auto it = std::ranges::find(items_, key, &std::pair<std::string, AttrValue>::first);
  if (it != items_.end())
    it->second = std::move(value);
  else
    items_.emplace_back(std::string(key), std::move(value));
}

std::int64_t Attrs::integer(std::string_view key, std::int64_t fallback) const {
  const AttrValue* value = find(key);
  const auto* integer = value ? std::get_if<std::int64_t>(value) : nullptr;
  return integer ? *integer : fallback;
}

double Attrs::number(std::string_view key, double fallback) const {
  const AttrValue* value = find(key);
  if (!value) return fallback;
  if (const auto* number = std::get_if<double>(value)) return *number;
  if (const auto* integer = std::get_if<std::int64_t>(value)) return static_cast<double>(*integer);
  return fallback;
}

std::string Attrs::text(std::string_view key, std::string_view fallback) const {
  const AttrValue* value = find(key);
  const auto* text = value ? std::get_if<std::string>(value) : nullptr;
  return text ? *text : std::string(fallback);
}

std::vector<std::int64_t> Attrs::integers(std::string_view key, std::vector<std::int64_t> fallback) const {
  const AttrValue* value = find(key);
  const auto* integers = value ? std::get_if<std::vector<std::int64_t>>(value) : nullptr;
  if (integers) return *integers;
  return fallback;
}

std::vector<double> Attrs::numbers(std::string_view key) const {
  const AttrValue* value = find(key);
  const auto* numbers = value ? std::get_if<std::vector<double>>(value) : nullptr;
  return numbers ? *numbers : std::vector<double>();
}

std::string Attrs::text() const {
  std::ostringstream out;
  for (const auto& [key, value] : items_) {
    out << (out.tellp() > 0 ? " " : "") << key << '=';
    std::visit(
        [&out](const auto& v) {
          if constexpr (requires { out << v; })
            out << v;
          else
            for (std::size_t i = 0; i < v.size(); ++i) out << (i ? "," : "") << v[i];
        },
        value);
  }
  return out.str();
}

}  // namespace tandem
