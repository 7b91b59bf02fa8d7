#pragma once

#include "core/ops/element_loss_rule.h"

namespace tandem::ops::element {

struct mse {
  static constexpr LossInfo info{.type = "mse",
                                 .label = "Mean squared error",
                                 .summary = "For numbers: large errors count most.",
                                 .names = {.keras = "MeanSquaredError", .pytorch = "MSELoss"}};

  template <class, class T>
  TANDEM_HD static T value(T x, T t, const T*) {
    return (x - t) * (x - t);
  }
  template <class, class T>
  TANDEM_HD static T derivative(T x, T t, const T*) {
    return T(2) * (x - t);
  }
};

}  // namespace tandem::ops::element
