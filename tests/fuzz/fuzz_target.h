// A reader under fuzzing: accepts any bytes and must neither crash nor throw. Accepted input must give a
// consistent result (TANDEM_CHECK).
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
