// The conversions to and from the 16-bit types, exhaustively: every value, every tie, both neighbours of
// every tie, against the definition of the formats.
#include "core/tensor/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tandem {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The value by the definition of the format: fraction bits, exponent bias.
double defined(std::uint16_t bits, int fractionBits) {
  const int exponentBits = 15 - fractionBits, bias = (1 << (exponentBits - 1)) - 1;
  const int exponent = (bits >> fractionBits) & ((1 << exponentBits) - 1);
  const int fraction = bits & ((1 << fractionBits) - 1);
  double size = 0;
  if (exponent == (1 << exponentBits) - 1)
    size = fraction == 0 ? static_cast<double>(kInfinity) : std::nan("");
  else if (exponent == 0)
    size = std::ldexp(fraction, 1 - bias - fractionBits);
  else
    size = std::ldexp(fraction + (1 << fractionBits), exponent - bias - fractionBits);
  return (bits & 0x8000) != 0 ? -size : size;
}

template <class Half, int kFractionBits>
void checkEveryValue() {
  for (int i = 0; i < 65536; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    Half half;
    half.bits = bits;
    const double want = defined(bits, kFractionBits);
    const auto got = static_cast<float>(half);
    if (std::isnan(want)) {
      EXPECT_TRUE(std::isnan(got)) << i;
      EXPECT_TRUE(std::isnan(static_cast<float>(Half(got)))) << i;
      EXPECT_EQ(std::signbit(got), (bits & 0x8000) != 0) << i;
      continue;
    }
    EXPECT_EQ(static_cast<double>(got), want) << i;
    EXPECT_EQ(std::signbit(got), (bits & 0x8000) != 0) << i;
    EXPECT_EQ(Half(got).bits, bits) << i;
    EXPECT_EQ(Half(want).bits, bits) << i;
    EXPECT_EQ(static_cast<double>(half), want) << i;
  }
}

// Between two neighbours, a tie goes to the one whose last bit is 0, everything else to the nearer one. The
// neighbour of the largest number is the next power of two, which is represented by infinity.
template <class Half, int kFractionBits>
void checkEveryTie() {
  constexpr std::uint16_t kInfinityBits = static_cast<std::uint16_t>(0x7FFF & ~((1 << kFractionBits) - 1));
  for (std::uint16_t bits = 0; bits < kInfinityBits; ++bits) {
    const auto above = static_cast<std::uint16_t>(bits + 1);
    const double low = defined(bits, kFractionBits);
    double high = defined(above, kFractionBits);
    if (above == kInfinityBits) high = 2 * low - defined(static_cast<std::uint16_t>(bits - 1), kFractionBits);
    const double middle = (low + high) / 2;
    const std::uint16_t even = (bits & 1) == 0 ? bits : above;
    for (const double sign : {1.0, -1.0}) {
      const auto sized = [&](std::uint16_t b) {
        return sign < 0 ? static_cast<std::uint16_t>(b | 0x8000) : b;
      };
      const auto tie = static_cast<float>(sign * middle);
      ASSERT_EQ(static_cast<double>(tie), sign * middle);
      EXPECT_EQ(Half(tie).bits, sized(even)) << bits;
      EXPECT_EQ(Half(std::nextafter(tie, sign * kInfinity)).bits, sized(above)) << bits;
      EXPECT_EQ(Half(std::nextafter(tie, 0.0f)).bits, sized(bits)) << bits;
      // A double next to the tie that float would round onto it.
      EXPECT_EQ(Half(sign * middle).bits, sized(even)) << bits;
      EXPECT_EQ(Half(std::nextafter(sign * middle, sign * HUGE_VAL)).bits, sized(above)) << bits;
      EXPECT_EQ(Half(std::nextafter(sign * middle, 0.0)).bits, sized(bits)) << bits;
    }
  }
}

TEST(Half, Float16HoldsEveryValue) {
  checkEveryValue<Float16, 10>();
}
TEST(Half, BFloat16HoldsEveryValue) {
  checkEveryValue<BFloat16, 7>();
}
TEST(Half, Float16RoundsToNearestEven) {
  checkEveryTie<Float16, 10>();
}
TEST(Half, BFloat16RoundsToNearestEven) {
  checkEveryTie<BFloat16, 7>();
}

TEST(Half, BeyondTheRange) {
  EXPECT_EQ(Float16(65504.0f).bits, 0x7BFF);
  EXPECT_EQ(Float16(1e30f).bits, 0x7C00);
  EXPECT_EQ(Float16(-kInfinity).bits, 0xFC00);
  EXPECT_EQ(Float16(1e300).bits, 0x7C00);
  EXPECT_EQ(Float16(1e-30f).bits, 0);
  EXPECT_EQ(Float16(-1e-300).bits, 0x8000);
  EXPECT_EQ(BFloat16(std::numeric_limits<float>::max()).bits, 0x7F80);
  EXPECT_EQ(BFloat16(-1e300).bits, 0xFF80);
  EXPECT_EQ(BFloat16(1e-300).bits, 0);
  EXPECT_EQ(BFloat16(std::numeric_limits<float>::denorm_min()).bits, 0);
}

static_assert(Float16(1.0f).bits == 0x3C00 && BFloat16(1.0f).bits == 0x3F80, "usable in constants");

}  // namespace
}  // namespace tandem
