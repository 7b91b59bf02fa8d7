// Names of values and settings as words: "top 5 accuracy".
#pragma once

#include <algorithm>
#include <string>

namespace tandem {

inline std::string spaced(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

// Of a reported value, before which the name of its output remains as it is: "my_output top 5 accuracy".
inline std::string spacedReport(const std::string& name) {
  const std::size_t value = name.rfind(' ') + 1;  // 0 without an output
  return name.substr(0, value) + spaced(name.substr(value));
}

}  // namespace tandem
