#include "core/text/units.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace tandem {
namespace {

int decimalsOf(double size) {
  return size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
}

// whole: units that have no fractions, such as bytes.
Quantity scaled(double value, const char* unit, bool whole) {
  constexpr std::array<const char*, 9> kPrefixes{"n", "\u00b5", "m", "", "k", "M", "G", "T", "P"};
  constexpr std::size_t kNone = 3;
  std::size_t step = kNone;
  const double size = std::abs(value);
  double factor = 1;
  while (size * factor >= 999.5 && step + 1 < kPrefixes.size()) {
    factor /= 1000;
    ++step;
  }
  while (!whole && size > 0 && size * factor < 0.9995 && step > 0) {
    factor *= 1000;
    --step;
  }
  const double shown = size * factor;
  const bool digits = shown != 0 && !(whole && step == kNone);
  return {value * factor, digits ? decimalsOf(shown) : 0, std::string(kPrefixes[step]) + unit};
}

}  // namespace

Quantity countOf(double count) {
  Quantity quantity = scaled(count, "", true);
  // Such as 0.25 samples per second.
  if (quantity.unit.empty() && count != std::floor(count)) quantity.decimals = decimalsOf(std::abs(count));
  return quantity;
}
Quantity bytesOf(double bytes) {
  return scaled(bytes, "B", true);
}
Quantity flopsOf(double flops) {
  return scaled(flops, "FLOPs", true);
}
Quantity joulesOf(double joules) {
  return scaled(joules, "J", false);
}

std::string text(const Quantity& quantity) {
  return fmt::format("{:.{}f}{}{}", quantity.value, quantity.decimals, quantity.unit.empty() ? "" : " ",
                     quantity.unit);
}

std::string countText(double count) {
  return text(countOf(count));
}
std::string bytesText(double bytes) {
  return text(bytesOf(bytes));
}
std::string joulesText(double joules) {
  return text(joulesOf(joules));
}

std::string durationText(double seconds) {
  constexpr double kLongest = 1e15;  // beyond, the parts would not fit their type
  if (!(seconds < kLongest)) return "∞";
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const long long rounded = std::llround(seconds);
  if (rounded < 60) return fmt::format("{} s", rounded);
  if (rounded < 3600) return fmt::format("{} min {} s", rounded / 60, rounded % 60);
  return fmt::format("{} h {} min", rounded / 3600, rounded / 60 % 60);
}

std::string differenceText(double relative) {
  if (relative == 0) return "0";
  return std::isfinite(relative) ? fmt::format("{:.1e}", relative) : "∞";
}

}  // namespace tandem
