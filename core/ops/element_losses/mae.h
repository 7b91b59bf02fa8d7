#pragma once

#include "core/ops/element_loss_rule.h"

namespace tandem::ops::element {

struct mae {
  static constexpr LossInfo info{
      .type = "mae",
      .label = "Mean absolute error",
      .summary = "For numbers: less sensitive to outliers than the mean squared error.",
      .names = {.keras = "MeanAbsoluteError", .pytorch = "L1Loss"}};

  template <class, class T>
  TANDEM_HD static T value(T x, T t, const T*) {
    using std::abs;
    return abs(x - t);
  }
  // Two plain selections are vectorized; 0 at 0, NaN stays.
  template <class, class T>
  TANDEM_HD static T derivative(T x, T t, const T*) {
    const T d = x - t, sign = d < T(0) ? T(-1) : d;
    return sign > T(0) ? T(1) : sign;
  }
};

}  // namespace tandem::ops::element
