// Names of values and settings as words: "top 5 accuracy".
#pragma once

#include <algorithm>
#include <string>

namespace tandem {

inline std::string spaced(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

}  // namespace tandem
