// A property schema generates the form in the lab, validates project files, and documents itself in `tandem`
// and the help pages.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/value_range.h"
#include "core/ops/attrs.h"

namespace tandem {

enum class PropertyKind : std::uint8_t {
  Integer,   // int64
  Number,    // double
  Boolean,   // int64 0 or 1
  Choice,    // string, one of choices
  Pair,      // vector<int64> of 2: height, width
  Integers,  // vector<int64>, any length: a shape
  Numbers,   // vector<double>, any length
  Points,    // vector<double>: x1, y1, x2, y2, ... of a curve, with ascending x
  Text,      // string that checkText accepts
};

inline constexpr std::size_t kMaxPoints = 100;  // of a property of kind Points

struct Property {
  std::string_view key;
  std::string_view label;
  PropertyKind kind = PropertyKind::Integer;
  AttrValue fallback;
  std::string_view tooltip;
  double minimum = -std::numeric_limits<double>::infinity();  // of each number
  double maximum = std::numeric_limits<double>::infinity();
  std::vector<std::string_view> choices = {};
  std::string_view unit = {};
  std::string_view zeroText = {};  // shown instead of 0: "off"
  // Shown but disabled unless property `enabledIfKey` has the text value `enabledIfValue`.
  std::string_view enabledIfKey = {};
  std::string_view enabledIfValue = {};
  Status (*checkText)(std::string_view text) = nullptr;  // of kind Text
};

Property numberProperty(std::string_view key, std::string_view label, double fallback, ValueRange range,
                        std::string_view tooltip);
Property integerProperty(std::string_view key, std::string_view label, std::int64_t fallback,
                         ValueRange range, std::string_view tooltip);

// Checks kind, range and choice. The error names the property's label and the allowed range.
Status checkProperty(const Property& property, const AttrValue& value);

// The value in `attrs`, or the fallback.
AttrValue propertyValue(const Property& property, const Attrs& attrs);

using Properties = std::span<const Property>;
const Property* findProperty(Properties properties, std::string_view key);
// The hint that follows the Error about an unknown key.
std::string validProperties(Properties properties);

// Checks the keys and values of `attrs`, removes values that equal their default, and sorts the others in schema
// order, so that equal settings compare equal. whose: "a layer of type dense", for the Error.
Result<Attrs> normalizedProperties(Properties properties, const Attrs& attrs, std::string_view whose);

// The value of a property or its fallback. The key must exist.
std::int64_t integerOf(Properties properties, const Attrs& attrs, std::string_view key);
double numberOf(Properties properties, const Attrs& attrs, std::string_view key);
std::string textOf(Properties properties, const Attrs& attrs, std::string_view key);
std::vector<std::int64_t> integersOf(Properties properties, const Attrs& attrs, std::string_view key);
std::vector<double> numbersOf(Properties properties, const Attrs& attrs, std::string_view key);

// "64", "3, 3", "relu", "0:1, 100:0": as the user reads and types it. parseProperty accepts the output of propertyText.
std::string propertyText(const Property& property, const AttrValue& value);
Result<AttrValue> parseProperty(const Property& property, std::string_view text);

}  // namespace tandem
