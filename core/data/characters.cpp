#include "core/data/characters.h"

#include <algorithm>
#include <iterator>

namespace tandem {
namespace {

struct KindRange {
  char32_t first, last;
  CharacterKind kind;
};
using enum CharacterKind;
// From U+0080, in order; what is not listed is a letter.
constexpr KindRange kKinds[] = {
    {0x80, 0xa0, Space},         {0xa1, 0xa9, Sign},          {0xab, 0xb1, Sign},
    {0xb4, 0xb4, Sign},          {0xb6, 0xb8, Sign},          {0xbb, 0xbb, Sign},
    {0xbf, 0xbf, Sign},          {0xd7, 0xd7, Sign},          {0xf7, 0xf7, Sign},
    {0x37e, 0x37e, Sign},        {0x387, 0x387, Sign},        {0x55a, 0x55f, Sign},
    {0x589, 0x58a, Sign},        {0x5be, 0x5be, Sign},        {0x5c0, 0x5c0, Sign},
    {0x5c3, 0x5c3, Sign},        {0x5f3, 0x5f4, Sign},        {0x60c, 0x60d, Sign},
    {0x61b, 0x61b, Sign},        {0x61e, 0x61f, Sign},        {0x66a, 0x66d, Sign},
    {0x6d4, 0x6d4, Sign},        {0x964, 0x965, Sign},        {0x1680, 0x1680, Space},
    {0x2000, 0x200f, Space},     {0x2010, 0x2027, Sign},      {0x2028, 0x202f, Space},
    {0x2030, 0x205e, Sign},      {0x205f, 0x206f, Space},     {0x20a0, 0x20cf, Sign},
    {0x2100, 0x214f, Sign},      {0x2190, 0x2bff, Sign},      {0x2e00, 0x2e7f, Sign},
    {0x3000, 0x3000, Space},     {0x3001, 0x3004, Sign},      {0x3005, 0x3007, Ideograph},
    {0x3008, 0x3020, Sign},      {0x3030, 0x3030, Sign},      {0x303d, 0x303f, Sign},
    {0x3040, 0x30fa, Ideograph}, {0x30fb, 0x30fb, Sign},      {0x30fc, 0x30ff, Ideograph},
    {0x31f0, 0x31ff, Ideograph}, {0x3400, 0x4dbf, Ideograph}, {0x4e00, 0x9fff, Ideograph},
    {0xf900, 0xfaff, Ideograph}, {0xfe10, 0xfe19, Sign},      {0xfe30, 0xfe6b, Sign},
    {0xfeff, 0xfeff, Space},     {0xff01, 0xff0f, Sign},      {0xff1a, 0xff20, Sign},
    {0xff3b, 0xff40, Sign},      {0xff5b, 0xff65, Sign},      {0xffe0, 0xffee, Sign},
    {0xfff9, 0xfffd, Sign},      {0x1f000, 0x1faff, Sign},    {0x20000, 0x3ffff, Ideograph}};

bool isIn(char32_t c, char32_t first, char32_t last) {
  return c >= first && c <= last;
}

// Blocks in which a capital letter is followed by its small letter.
bool alternates(char32_t c) {
  const bool fromEven = isIn(c, 0x100, 0x137) || isIn(c, 0x14a, 0x177) || isIn(c, 0x460, 0x481) ||
                        isIn(c, 0x48a, 0x4bf) || isIn(c, 0x4d0, 0x52f) || isIn(c, 0x1e00, 0x1e95) ||
                        isIn(c, 0x1ea0, 0x1eff);
  const bool fromOdd = isIn(c, 0x139, 0x148) || isIn(c, 0x179, 0x17e);
  return (fromEven && c % 2 == 0) || (fromOdd && c % 2 == 1);
}

char32_t lowerCased(char32_t c) {
  if (c < 0x80) return isIn(c, 'A', 'Z') ? c + 32 : c;
  if (isIn(c, 0xc0, 0xde)) return c == 0xd7 ? c : c + 32;
  if (c == 0x130) return 'i';
  if (c == 0x178) return 0xff;
  if (alternates(c)) return c + 1;
  if (isIn(c, 0x391, 0x3ab)) return c == 0x3a2 ? c : c + 32;
  if (c == 0x386) return 0x3ac;
  if (isIn(c, 0x388, 0x38a)) return c + 37;
  if (c == 0x38c) return 0x3cc;
  if (isIn(c, 0x38e, 0x38f)) return c + 63;
  if (isIn(c, 0x400, 0x40f)) return c + 80;
  if (isIn(c, 0x410, 0x42f)) return c + 32;
  if (isIn(c, 0x531, 0x556)) return c + 48;
  if (c == 0x1e9e) return 0xdf;
  return c;
}

void append(std::string& text, char32_t c) {
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xc0u | c >> 6);
    text += static_cast<char>(0x80u | (c & 0x3fu));
  } else {
    text += static_cast<char>(0xe0u | c >> 12);
    text += static_cast<char>(0x80u | (c >> 6 & 0x3fu));
    text += static_cast<char>(0x80u | (c & 0x3fu));
  }
}

}  // namespace

char32_t nextCharacter(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0x80 ? 1u : lead < 0xe0 ? 2u : lead < 0xf0 ? 3u : 4u;
  char32_t value = length == 1 ? lead : lead & (0x7fu >> length);
  const std::size_t end = std::min(text.size(), at + length);
  for (++at; at < end; ++at) value = value << 6 | (static_cast<unsigned char>(text[at]) & 0x3fu);
  return value;
}

CharacterKind kindOf(char32_t c) {
  if (c < 0x80) {
    if (c <= 0x20 || c == 0x7f) return Space;
    return isIn(c, '0', '9') || isIn(c, 'A', 'Z') || isIn(c, 'a', 'z') ? Letter : Sign;
  }
  const auto* const after = std::ranges::upper_bound(kKinds, c, {}, &KindRange::first);
  if (after == std::begin(kKinds)) return Letter;
  const KindRange& range = *std::prev(after);
  return c <= range.last ? range.kind : Letter;
}

std::string lowerCased(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    const char32_t character = nextCharacter(text, at);
    const char32_t small = lowerCased(character);
    if (small == character)
      lower.append(text, from, at - from);
    else
      append(lower, small);
  }
  return lower;
}

}  // namespace tandem
