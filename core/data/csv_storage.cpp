#include "core/data/csv_storage.h"

#include <algorithm>

namespace tandem {
namespace {

// 1 for sizes of which float32 holds the squares as well; for others a unit in which the size is at this limit.
double unitFor(double size) {
  constexpr int kLimit = 64, kLeast = -960;  // exponents of 2; 1 / unit and its squares must be doubles
  if (size == 0 || !std::isfinite(size)) return 1;
  const int exponent = std::ilogb(size);
  if (std::abs(exponent) <= kLimit || exponent < kLeast) return 1;
  return std::ldexp(1.0, exponent > 0 ? exponent - kLimit : exponent + kLimit);
}

}  // namespace

void NumberRange::add(const NumberRange& later) {
  if (std::isnan(later.first)) return;
  if (std::isnan(first)) first = later.first;
  count += later.count;
  huge += later.huge;
  widen(later.least, later.leastLine);
  widen(later.greatest, later.greatestLine);
}

FloatStorage storageFor(const NumberRange& range) {
  constexpr double kSmallSpread = 1.0 / 16;
  if (std::isnan(range.first)) return {};
  const double size = std::max(std::abs(range.least), std::abs(range.greatest));
  const double spread = range.greatest - range.least;
  const bool centred = spread < kSmallSpread * size;
  const bool outliers = range.huge > 0 && 2 * range.huge < range.count;
  return {centred ? range.first : 0, outliers ? 1 : unitFor(centred ? spread : size)};
}

}  // namespace tandem
