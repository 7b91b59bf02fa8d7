#include "core/data/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/data/unicode_compositions.h"

namespace tandem {
namespace {

// The marks from U+0300 to U+036F begin with one of these bytes, which occur in no other place.
constexpr std::string_view kMarkBytes = "\xcc\xcd";

std::size_t lengthOf(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1u : byte < 0xe0 ? 2u : byte < 0xf0 ? 3u : 4u;
}

// 0 for characters of four bytes, none of which is composed.
char16_t characterAt(std::string_view text, std::size_t at) {
  const std::size_t length = lengthOf(text[at]);
  if (length > 3) return 0;
  unsigned value = static_cast<unsigned char>(text[at]) & (length == 1 ? 0x7fu : length == 2 ? 0x1fu : 0x0fu);
  for (std::size_t k = 1; k < length; ++k)
    value = value << 6 | (static_cast<unsigned char>(text[at + k]) & 0x3fu);
  return static_cast<char16_t>(value);
}

void append(std::string& text, char16_t character) {
  const unsigned value = character;
  if (value < 0x800) {
    text += static_cast<char>(0xc0u | value >> 6);
  } else {
    text += static_cast<char>(0xe0u | value >> 12);
    text += static_cast<char>(0x80u | (value >> 6 & 0x3fu));
  }
  text += static_cast<char>(0x80u | (value & 0x3fu));
}

}  // namespace

bool hasMarks(std::string_view text) {
  return std::ranges::any_of(kMarkBytes, [&](char byte) { return text.find(byte) != text.npos; });
}

std::string composed(std::string text) {
  if (!hasMarks(text)) return text;
  std::size_t at = text.find_first_of(kMarkBytes);
  std::string result;
  result.reserve(text.size());
  std::size_t copied = 0;
  for (; at != text.npos; at = text.find_first_of(kMarkBytes, at + 2)) {
    result.append(text, copied, at - copied);
    copied = at;
    if (result.empty()) continue;
    std::size_t last = result.size() - 1;
    while (last > 0 && (static_cast<unsigned char>(result[last]) & 0xc0) == 0x80) --last;
    const Composition wanted{characterAt(text, at), characterAt(result, last), 0};
    const auto* const found = std::ranges::lower_bound(kCompositions, wanted);
    if (found == std::end(kCompositions) || found->mark != wanted.mark || found->letter != wanted.letter)
      continue;
    result.resize(last);
    append(result, found->composed);
    copied = at + 2;
  }
  return result.append(text, copied);
}

std::size_t firstInvalidUtf8(std::string_view text) {
  std::size_t i = 0;
  const auto at = [&](std::size_t k) { return k < text.size() ? static_cast<std::uint8_t>(text[k]) : 0u; };
  while (i < text.size()) {
    std::uint64_t eight = 0;  // most text is ASCII
    while (i + sizeof eight <= text.size()) {
      std::memcpy(&eight, text.data() + i, sizeof eight);
      if (eight & 0x8080808080808080ull) break;
      i += sizeof eight;
    }
    if (i == text.size()) break;
    const std::uint32_t lead = at(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length == 0) return i;
    for (std::size_t k = 1; k < length; ++k) {
      if ((at(i + k) & 0xc0) != 0x80) return i;
    }
    // Overlong forms, surrogates, and code points above U+10FFFF.
    const std::uint32_t second = at(i + 1);
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
        (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
      return i;
    }
    i += length;
  }
  return std::string_view::npos;
}

}  // namespace tandem
