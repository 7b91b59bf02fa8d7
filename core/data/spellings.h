// Numbers of the different texts in a column of a table.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tandem {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
// A number for each text that occurs.
using Spellings = std::unordered_map<std::string, std::int32_t, TextHash, std::equal_to<>>;

}  // namespace tandem
