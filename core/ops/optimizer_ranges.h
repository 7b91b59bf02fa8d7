// The ranges of the optimizers' settings: for their ops, the project file and the lab's form.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "core/base/result.h"
#include "core/base/value_range.h"

namespace tandem {

// Below 1 also in single precision: at 1, no gradient would ever enter the average.
constexpr ValueRange kDecayRateRange{0, 0.999999};  // momentum, beta 1, rho
constexpr ValueRange kBeta2Range{0, 0.999999999};
constexpr ValueRange kEpsilonRange{1e-30, 1};
constexpr ValueRange kWeightDecayRange{0, 100};
constexpr ValueRange kAccumulatorRange{0, 1000};  // initial sum of squared gradients
constexpr ValueRange kMomentumDecayRange{0, 100};

inline Status checkRange(std::string_view name, double value, ValueRange range) {
  if (value >= range.minimum && value <= range.maximum) return success();  // NaN is in no range
  return invalid(fmt::format("{} must be a number from {} to {}", name, range.minimum, range.maximum));
}

}  // namespace tandem
