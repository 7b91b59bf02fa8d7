#include "core/settings/property.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <type_traits>

#include <fmt/format.h>

namespace tandem {
namespace {

std::string numberText(double value) {
  if (value == std::rint(value) && std::abs(value) < 1e10) return fmt::format("{:.0f}", value);
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

template <class T>
std::string listText(const std::vector<T>& values) {
  std::string out;
  for (const T value : values) {
    if (!out.empty()) out += ", ";
    if constexpr (std::is_integral_v<T>)
      out += std::to_string(value);
    else
      out += numberText(value);
  }
  return out;
}

// "0:1, 50:0.5, 100:0"
std::string pointsText(const std::vector<double>& points) {
  std::string out;
  for (std::size_t i = 0; i < points.size(); ++i)
    out += (i == 0 ? "" : i % 2 != 0 ? ":" : ", ") + numberText(points[i]);
  return out;
}

std::string numbersText(const Property& property, const std::vector<double>& numbers) {
  return property.kind == PropertyKind::Points ? pointsText(numbers) : listText(numbers);
}

// "from 1 to 65536", "of at least 1" or "", depending on the bounds.
std::string rangeText(const Property& property) {
  const bool low = std::isfinite(property.minimum), high = std::isfinite(property.maximum);
  if (low && high) return " from " + numberText(property.minimum) + " to " + numberText(property.maximum);
  if (low) return " of at least " + numberText(property.minimum);
  if (high) return " of at most " + numberText(property.maximum);
  return {};
}

std::string expectation(const Property& property) {
  switch (property.kind) {
    case PropertyKind::Integer:
      return "a whole number" + rangeText(property);
    case PropertyKind::Number:
      return "a number" + rangeText(property);
    case PropertyKind::Boolean:
      return "yes or no";
    case PropertyKind::Choice: {
      std::string list;
      for (const std::string_view choice : property.choices)
        list += (list.empty() ? "" : ", ") + std::string(choice);
      return "one of " + list;
    }
    case PropertyKind::Pair:
      return "two whole numbers (height, width)" +
             (rangeText(property).empty() ? "" : ", each" + rangeText(property));
    case PropertyKind::Integers:
      return "whole numbers" + (rangeText(property).empty() ? "" : ", each" + rangeText(property));
    case PropertyKind::Points:
      return "pairs of numbers" + rangeText(property) + " such as 0:1, 100:0";
    case PropertyKind::Numbers:
      return "numbers" + (rangeText(property).empty() ? "" : ", each" + rangeText(property));
    case PropertyKind::Text:
      return "a text";
  }
  return {};
}

// The value that was given; names its kind if that is the problem.
std::string shown(const Property& property, const AttrValue& value) {
  std::string text;
  const bool takesList = property.kind == PropertyKind::Pair || property.kind == PropertyKind::Integers ||
                         property.kind == PropertyKind::Numbers || property.kind == PropertyKind::Points;
  const bool isText = std::holds_alternative<std::string>(value);
  const bool isNumber = std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
  std::string kind;
  if (takesList && isNumber) kind = "the number ";
  if (!takesList && !isNumber && !isText) kind = "the list ";
  if (const auto* integer = std::get_if<std::int64_t>(&value)) text = std::to_string(*integer);
  if (const auto* number = std::get_if<double>(&value)) text = numberText(*number);
  if (const auto* string = std::get_if<std::string>(&value)) text = fmt::format("'{}'", *string);
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&value))
    text = integers->empty() ? "nothing" : listText(*integers);
  if (const auto* numbers = std::get_if<std::vector<double>>(&value))
    text = numbers->empty() ? "nothing" : numbersText(property, *numbers);
  if (!kind.empty() && text == "nothing") return "an empty list";
  return text.size() <= 60 ? kind + text : "a long value";
}

// What is wrong with the points, as the end of a sentence; empty: nothing.
std::string pointsProblem(const Property& property, const std::vector<double>& points) {
  const auto good = [&](double v) {
    return std::isfinite(v) && v >= property.minimum && v <= property.maximum;
  };
  if (points.size() % 2 != 0) return "must be pairs, but the last number has no partner";
  if (points.empty() || points.size() / 2 > kMaxPoints)
    return fmt::format("must have 1 to {} entries, not {}", kMaxPoints, points.size() / 2);
  for (std::size_t i = 0; i < points.size(); i += 2) {
    if (!good(points[i]) || !good(points[i + 1]))
      return "must be " + expectation(property) + ", not " + pointsText({points[i], points[i + 1]});
    if (i > 0 && points[i] <= points[i - 2])
      return fmt::format("must be in ascending order, but {} follows {}",
                         pointsText({points[i], points[i + 1]}), pointsText({points[i - 2], points[i - 1]}));
  }
  return {};
}

bool acceptable(const Property& property, const AttrValue& value) {
  const auto inRange = [&](double v) { return v >= property.minimum && v <= property.maximum; };
  const auto* integer = std::get_if<std::int64_t>(&value);
  const auto* number = std::get_if<double>(&value);
  const auto* text = std::get_if<std::string>(&value);
  const auto* integers = std::get_if<std::vector<std::int64_t>>(&value);
  const auto* numbers = std::get_if<std::vector<double>>(&value);
  const auto allInRange = [&] {
    return std::ranges::all_of(*integers, [&](std::int64_t v) { return inRange(static_cast<double>(v)); });
  };
  switch (property.kind) {
    case PropertyKind::Integer:
      return integer && inRange(static_cast<double>(*integer));
    case PropertyKind::Number:
      return (number && std::isfinite(*number) && inRange(*number)) ||
             (integer && inRange(static_cast<double>(*integer)));
    case PropertyKind::Boolean:
      return integer && (*integer == 0 || *integer == 1);
    case PropertyKind::Choice:
      return text && std::ranges::find(property.choices, *text) != property.choices.end();
    case PropertyKind::Pair:
      return integers && integers->size() == 2 && allInRange();
    case PropertyKind::Integers:
      return integers && allInRange();
    case PropertyKind::Points:
      return numbers != nullptr;  // see pointsProblem()
    case PropertyKind::Numbers:
      return numbers &&
             std::ranges::all_of(*numbers, [&](double v) { return std::isfinite(v) && inRange(v); });
    case PropertyKind::Text:
      return text != nullptr;  // see checkProperty()
  }
  return false;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

template <class T>
std::optional<T> parseNumber(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "3, 3", "3 3" and "(3, 3)"; whole numbers also "3x3".
template <class T>
std::optional<std::vector<T>> parseList(std::string_view text) {
  if (text.size() >= 2 &&
      ((text.front() == '(' && text.back() == ')') || (text.front() == '[' && text.back() == ']')))
    text = trimmed(text.substr(1, text.size() - 2));
  constexpr std::string_view kSeparators = std::is_integral_v<T> ? ",x \t" : ", \t";
  std::vector<T> values;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find_first_of(kSeparators), text.size());
    const auto value = parseNumber<T>(text.substr(0, length));
    if (!value) return std::nullopt;
    values.push_back(*value);
    text = text.substr(length);
    text = text.substr(std::min(text.find_first_not_of(kSeparators), text.size()));
  }
  return values;
}

Error refusal(const Property& property, const std::string& given) {
  return invalid(std::string(property.label) + " must be " + expectation(property) + ", not " + given);
}

// Of text that the user typed.
Error refusalOfText(const Property& property, std::string_view text) {
  const std::string given = text.empty() ? "empty" : fmt::format("'{}'", text);
  return refusal(property, given.size() <= 60 ? given : "a long string");
}

// "0:1, 50:0.5, 100:0"
Result<std::vector<double>> parsePoints(const Property& property, std::string_view text) {
  std::vector<double> points;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find(','), text.size());
    const std::string_view pair = trimmed(text.substr(0, length));
    const std::size_t colon = std::min(pair.find(':'), pair.size());
    const auto x = parseNumber<double>(trimmed(pair.substr(0, colon)));
    const auto y = parseNumber<double>(trimmed(pair.substr(std::min(colon + 1, pair.size()))));
    if (!x || !y) return refusalOfText(property, pair);
    points.insert(points.end(), {*x, *y});
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return points;
}

AttrValue valueOf(Properties properties, const Attrs& attrs, std::string_view key) {
  const Property* property = findProperty(properties, key);
  TANDEM_CHECK(property != nullptr, "there is no property " + std::string(key));
  return propertyValue(*property, attrs);
}

}  // namespace

Property numberProperty(std::string_view key, std::string_view label, double fallback, ValueRange range,
                        std::string_view tooltip) {
  return {.key = key,
          .label = label,
          .kind = PropertyKind::Number,
          .fallback = fallback,
          .tooltip = tooltip,
          .minimum = range.minimum,
          .maximum = range.maximum};
}

Property integerProperty(std::string_view key, std::string_view label, std::int64_t fallback,
                         ValueRange range, std::string_view tooltip) {
  return {.key = key,
          .label = label,
          .kind = PropertyKind::Integer,
          .fallback = fallback,
          .tooltip = tooltip,
          .minimum = range.minimum,
          .maximum = range.maximum};
}

Status checkProperty(const Property& property, const AttrValue& value) {
  if (!acceptable(property, value)) return refusal(property, shown(property, value));
  if (property.kind == PropertyKind::Points)
    if (const std::string problem = pointsProblem(property, std::get<std::vector<double>>(value));
        !problem.empty())
      return invalid(std::string(property.label) + " " + problem);
  if (property.kind == PropertyKind::Text && property.checkText) {
    Status status = property.checkText(std::get<std::string>(value));
    if (!status.ok())
      return invalid(fmt::format("{}: {}", property.label, status.error().message), {}, status.error().hint);
  }
  return success();
}

AttrValue propertyValue(const Property& property, const Attrs& attrs) {
  for (const auto& [key, value] : attrs.items())
    if (key == property.key) return value;
  return property.fallback;
}

const Property* findProperty(Properties properties, std::string_view key) {
  const auto it = std::ranges::find(properties, key, &Property::key);
  return it == properties.end() ? nullptr : &*it;
}

std::string validProperties(Properties properties) {
  std::string known;
  for (const Property& each : properties) known += (known.empty() ? "" : ", ") + std::string(each.key);
  return known.empty() ? "It has no properties" : "Valid properties: " + known;
}

Result<Attrs> normalizedProperties(Properties properties, const Attrs& attrs, std::string_view whose) {
  for (const auto& [key, value] : attrs.items()) {
    const Property* property = findProperty(properties, key);
    if (!property)
      return invalid(fmt::format("{} has no property '{}'", whose, key.substr(0, 60)), {},
                     validProperties(properties));
    TANDEM_TRY(checkProperty(*property, value));
  }
  Attrs normalized;
  for (const Property& property : properties) {
    AttrValue value = propertyValue(property, attrs);
    const auto* integer = std::get_if<std::int64_t>(&value);
    if (integer && property.kind == PropertyKind::Number) value = static_cast<double>(*integer);
    if (value != property.fallback) normalized.set(property.key, std::move(value));
  }
  return normalized;
}

std::int64_t integerOf(Properties properties, const Attrs& attrs, std::string_view key) {
  return std::get<std::int64_t>(valueOf(properties, attrs, key));
}

double numberOf(Properties properties, const Attrs& attrs, std::string_view key) {
  const AttrValue value = valueOf(properties, attrs, key);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  return std::get<double>(value);
}

std::string textOf(Properties properties, const Attrs& attrs, std::string_view key) {
  return std::get<std::string>(valueOf(properties, attrs, key));
}

std::vector<std::int64_t> integersOf(Properties properties, const Attrs& attrs, std::string_view key) {
  return std::get<std::vector<std::int64_t>>(valueOf(properties, attrs, key));
}

std::vector<double> numbersOf(Properties properties, const Attrs& attrs, std::string_view key) {
  return std::get<std::vector<double>>(valueOf(properties, attrs, key));
}

std::string propertyText(const Property& property, const AttrValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    if (property.kind == PropertyKind::Boolean) return *integer != 0 ? "yes" : "no";
    return std::to_string(*integer);
  }
  if (const auto* number = std::get_if<double>(&value)) return numberText(*number);
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&value)) return listText(*integers);
  if (const auto* numbers = std::get_if<std::vector<double>>(&value)) return numbersText(property, *numbers);
  return std::get<std::string>(value);
}

Result<AttrValue> parseProperty(const Property& property, std::string_view text) {
  const std::string_view word = trimmed(text);
  std::optional<AttrValue> value;
  switch (property.kind) {
    case PropertyKind::Integer:
      if (const auto integer = parseNumber<std::int64_t>(word)) value = *integer;
      break;
    case PropertyKind::Number:
      if (const auto number = parseNumber<double>(word)) value = *number;
      break;
    case PropertyKind::Boolean:
      if (word == "yes" || word == "true" || word == "on" || word == "1") value = std::int64_t{1};
      if (word == "no" || word == "false" || word == "off" || word == "0") value = std::int64_t{0};
      break;
    case PropertyKind::Choice:
    case PropertyKind::Text:
      value = std::string(word);
      break;
    case PropertyKind::Pair:
    case PropertyKind::Integers:
      if (auto integers = parseList<std::int64_t>(word)) {
        // A single number applies to both dimensions.
        if (property.kind == PropertyKind::Pair && integers->size() == 1)
          integers->push_back(integers->front());
        value = std::move(*integers);
      }
      break;
    case PropertyKind::Points: {
      TANDEM_ASSIGN(value, parsePoints(property, word));
      break;
    }
    case PropertyKind::Numbers:
      if (auto numbers = parseList<double>(word)) value = std::move(*numbers);
      break;
  }
  if (!value) return refusalOfText(property, word);
  TANDEM_TRY(checkProperty(property, *value));
  return *std::move(value);
}

}  // namespace tandem
