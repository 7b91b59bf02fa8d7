// A property schema generates the form in the lab, validates project files, and documents itself in `tandem`
// and the help pages.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/ops/attrs.h"

namespace tandem {

enum class PropertyKind : std::uint8_t {
  Integer,   // int64
  Number,    // double
  Boolean,   // int64 0 or 1
  Choice,    // string, one of choices
  Pair,      // vector<int64> of 2: height, width
  Integers,  // vector<int64>, any length: a shape
};

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
  // Shown but disabled unless property `enabledIfKey` has the text value `enabledIfValue`.
  std::string_view enabledIfKey = {};
  std::string_view enabledIfValue = {};
};

// Checks kind, range and choice. The error names the property's label and the allowed range.
Status checkProperty(const Property& property, const AttrValue& value);

// The value in `attrs`, or the fallback.
AttrValue propertyValue(const Property& property, const Attrs& attrs);

// "64", "3, 3", "relu": as the user reads and types it. parseProperty accepts the output of propertyText.
std::string propertyText(const Property& property, const AttrValue& value);
Result<AttrValue> parseProperty(const Property& property, std::string_view text);

}  // namespace tandem
