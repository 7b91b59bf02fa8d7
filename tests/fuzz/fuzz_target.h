// A reader under fuzzing: takes any bytes, must neither crash nor leave through an exception, and what
// it accepts must hold together (TANDEM_CHECK).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tandem::fuzz {

struct FuzzTarget {
  std::string_view name;  // equals the file's basename and the folder of its corpus
  bool (*run)(std::span<const std::uint8_t> bytes);  // true if the reader accepted them
};

}  // namespace tandem::fuzz
