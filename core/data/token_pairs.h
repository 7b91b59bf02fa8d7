// Byte-pair encoding, on characters: which tokens to join. Used only by the tokenizer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tandem {

struct TokenHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
// How often each occurs.
using TokenCounts = std::unordered_map<std::string, std::int64_t, TokenHash, std::equal_to<>>;

// `characters`, and then what is joined from them until there are `most` tokens or no two neighbours occur twice in
// `pieces`: the most frequent pair first, of equally frequent ones the one whose text comes first. Ends early if stop()
// says so, which may be empty.
std::vector<std::string> joinPairs(const TokenCounts& pieces, std::vector<std::string> characters,
                                   std::size_t most, const std::function<bool()>& stop);

}  // namespace tandem
