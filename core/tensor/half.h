// The 16-bit floating-point types as C++ types: they store the bits; arithmetic is done in float.
//   Float16   IEEE binary16: 1 sign, 5 exponent, 10 fraction bits; largest 65504, smallest 2^-24
//   BFloat16  the upper half of binary32: 1, 8, 7
// Conversions round to nearest, ties to even; overflow gives infinity, subnormals are preserved, NaN stays
// NaN (quiet, sign preserved). They are branch-free, so that compilers vectorize loops over them.
#pragma once

#include <bit>
#include <cstdint>

namespace tandem {

namespace half_detail {

// Rounds to odd: x itself if it is a float, otherwise the adjacent float whose last bit is odd. Rounding that
// again to at least two fewer bits gives the same result as rounding x directly (Boldo & Melquiond 2008,
// "Emulation of FMA ...").
constexpr float roundToOdd(double x) {
  const float nearest = static_cast<float>(x);
  if (static_cast<double>(nearest) == x || x != x) return nearest;
  auto bits = std::bit_cast<std::uint32_t>(nearest);
  const double size = x < 0 ? -x : x, found = nearest < 0 ? -static_cast<double>(nearest) : nearest;
  if (found > size) --bits;
  return std::bit_cast<float>(bits | 1u);
}

constexpr std::uint32_t kSign = 0x80000000u, kInfinity = 0x7F800000u;

}  // namespace half_detail

constexpr std::uint16_t float16Bits(float x) {
  const auto all = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t sign = all & half_detail::kSign, size = all ^ sign;
  // Below 2^-14 the result is subnormal: adding 0.5 moves its last bit to float's, so float's own addition
  // rounds.
  const std::uint32_t subnormal =
      std::bit_cast<std::uint32_t>(std::bit_cast<float>(size) + 0.5f) - 0x3F000000u;
  const std::uint32_t normal = (size - (112u << 23) + 0xFFFu + ((size >> 13) & 1u)) >> 13;
  std::uint32_t bits = size < 0x38800000u ? subnormal : normal;
  bits = size >= 0x47800000u ? 0x7C00u : bits;            // 65536 and above
  bits = size > half_detail::kInfinity ? 0x7E00u : bits;  // NaN
  return static_cast<std::uint16_t>(bits | (sign >> 16));
}

constexpr float floatOfFloat16(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000u) << 16, size = (bits & 0x7FFFu) << 13;
  const std::uint32_t exponent = size & (0x7C00u << 13);
  const std::uint32_t normal = size + (112u << 23);
  // A subnormal is its fraction times 2^-24; float's subtraction of 2^-14 from 2^-14 (1 + fraction) gives it.
  const auto subnormal = std::bit_cast<std::uint32_t>(std::bit_cast<float>(size + (113u << 23)) -
                                                      std::bit_cast<float>(113u << 23));
  std::uint32_t result = exponent == 0 ? subnormal : normal;
  result = exponent == (0x7C00u << 13) ? size + (224u << 23) : result;  // infinity and NaN
  return std::bit_cast<float>(result | sign);
}

constexpr std::uint16_t bfloat16Bits(float x) {
  const auto all = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t rounded = (all + 0x7FFFu + ((all >> 16) & 1u)) >> 16;
  const bool nan = (all & ~half_detail::kSign) > half_detail::kInfinity;
  return static_cast<std::uint16_t>(nan ? (all >> 16) | 0x0040u : rounded);
}

constexpr float floatOfBfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

struct Float16 {
  std::uint16_t bits = 0;

  constexpr Float16() = default;
  constexpr explicit Float16(float x) : bits(float16Bits(x)) {}
  constexpr explicit Float16(double x) : Float16(half_detail::roundToOdd(x)) {}
  constexpr explicit operator float() const { return floatOfFloat16(bits); }
  constexpr explicit operator double() const { return static_cast<double>(floatOfFloat16(bits)); }
};

struct BFloat16 {
  std::uint16_t bits = 0;

  constexpr BFloat16() = default;
  constexpr explicit BFloat16(float x) : bits(bfloat16Bits(x)) {}
  constexpr explicit BFloat16(double x) : BFloat16(half_detail::roundToOdd(x)) {}
  constexpr explicit operator float() const { return floatOfBfloat16(bits); }
  constexpr explicit operator double() const { return static_cast<double>(floatOfBfloat16(bits)); }
};

static_assert(sizeof(Float16) == 2 && sizeof(BFloat16) == 2);

}  // namespace tandem
