#include "core/data/csv_storage.h"

#include <fmt/format.h>

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

Status checkRange(const NumberRange& range, const FloatStorage& storage, std::string_view column,
                  std::string_view where) {
  const auto error = [&](std::int64_t line, const std::string& message, const char* hint) {
    return Error{ErrorCode::Numeric, message, fmt::format("{}:{}", where, line), hint};
  };
  if (std::isnan(range.first)) return success();
  const float least = storage.stored(range.least), greatest = storage.stored(range.greatest);
  if (!std::isfinite(least) || !std::isfinite(greatest)) {
    const bool low = !std::isfinite(least);
    return error(low ? range.leastLine : range.greatestLine,
                 fmt::format("{:g} in column \"{}\" is too large for float32",
                             low ? range.least : range.greatest, column),
                 "Correct the value, or clear it to skip the row");
  }
  // Where some values become 0, the column also needs values of the usual size, beside which they are 0.
  constexpr float kSmallest = std::numeric_limits<float>::min();
  if (range.least == range.greatest && storage.offset == range.least) return success();
  if (std::abs(least) >= kSmallest || std::abs(greatest) >= kSmallest) return success();
  if (range.least == 0 && range.greatest == 0) return success();
  return error(range.greatest != 0 ? range.greatestLine : range.leastLine,
               fmt::format("the values of column \"{}\" are too small for float32", column),
               "Change the unit of the column, or ignore it");
}

}  // namespace tandem
