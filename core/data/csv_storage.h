// How float32 holds the numbers of a column, chosen from their range.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

#include "core/data/dataset.h"

namespace tandem {

struct NumberRange {
  static constexpr double kHuge = 0x1p64;  // float32 cannot hold the squares of larger values
  double first = std::numeric_limits<double>::quiet_NaN();
  double least = std::numeric_limits<double>::infinity(), greatest = -least;
  std::int64_t leastLine = 0, greatestLine = 0;  // where they stand first
  std::int64_t count = 0, huge = 0;              // of all values, and of those above kHuge

  void add(double value, std::int64_t line) {
    ++count;
    if (std::abs(value) > kHuge) ++huge;
    widen(value, line);
  }
  void add(const NumberRange& later);

 private:
  void widen(double value, std::int64_t line) {
    if (std::isnan(first)) first = value;
    if (value < least) {
      least = value;
      leastLine = line;
    }
    if (value > greatest) {
      greatest = value;
      greatestLine = line;
    }
  }
};

// For a column that is normalized later. float32 holds large values with a small spread, such as time stamps, only as
// differences from one of them, and values outside its range only in another unit. A few huge values among others are
// left too large, since beside them the others would be 0.
FloatStorage storageFor(const NumberRange& range);

// Refuses values that float32 cannot hold: too large, or all so small that they become 0. Errors name `column`, and the
// line of the value in the file `where`.
Status checkRange(const NumberRange& range, const FloatStorage& storage, std::string_view column,
                  std::string_view where);

}  // namespace tandem
