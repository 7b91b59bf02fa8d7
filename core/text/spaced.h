// Names of values and settings as words: "top 5 accuracy"; of a head "my_output top 5 accuracy".
#pragma once

#include <algorithm>
#include <string>

namespace tandem {

inline std::string spaced(std::string name) {
  const std::size_t head = name.rfind(' ');
  std::replace(name.begin() + static_cast<std::ptrdiff_t>(head == std::string::npos ? 0 : head), name.end(),
               '_', ' ');
  return name;
}

}  // namespace tandem
