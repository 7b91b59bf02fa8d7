#include "core/base/philox.h"

#include <cmath>
#include <numbers>

#include "core/base/check.h"

namespace tandem {

double PhiloxSequence::normal() {
  // 1 - u avoids the logarithm of zero. The sine of each pair is discarded, so that a sequence has no hidden
  // second value and can be restarted at any draw.
  const double u = 1.0 - static_cast<double>(next()) / 4294967296.0;
  const double v = static_cast<double>(next()) / 4294967296.0;
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

std::uint64_t PhiloxSequence::below(std::uint64_t n) {
  TANDEM_CHECK(n >= 1, "below(0)");
  const std::uint64_t limit = ~0ull - (~0ull % n);
  std::uint64_t draw = 0;
  do {
    draw = (static_cast<std::uint64_t>(next()) << 32) | next();
  } while (draw >= limit);
  return draw % n;
}

}  // namespace tandem
