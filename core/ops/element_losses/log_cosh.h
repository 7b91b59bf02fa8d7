#pragma once

#include "core/ops/element_loss_rule.h"

namespace tandem::ops::element {

// log(cosh(d)) = |d| + log(1 + exp(-2 |d|)) - log 2, which does not overflow; d = x - t.
struct log_cosh {
  static constexpr LossInfo info{
      .type = "log_cosh",
      .label = "Log-cosh",
      .summary =
          "For numbers: like half the squared error for small errors and the absolute error for large ones, "
          "and smooth.",
      .names = {.keras = "LogCosh"},
      .flops = 30};

  template <class M, class T>
  TANDEM_HD static T value(T x, T t, const T*) {
    using std::abs;
    constexpr double kLog2 = 0.69314718055994530942;
    const T d = abs(x - t);
    return d + M::softplus(T(-2) * d) - T(kLog2);
  }
  template <class M, class T>
  TANDEM_HD static T derivative(T x, T t, const T*) {
    return M::tanh(x - t);
  }
};

}  // namespace tandem::ops::element
