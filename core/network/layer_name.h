// Names of data and of other programs' layers as layers can have them.
#pragma once

#include <algorithm>
#include <string>

namespace tandem {

// Replaces '/' and control characters, which checkSpelling() refuses, by '_'.
inline std::string asLayerName(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return c == '/' || c == 0x7f || static_cast<unsigned char>(c) < 0x20; }, '_');
  return name;
}

}  // namespace tandem
