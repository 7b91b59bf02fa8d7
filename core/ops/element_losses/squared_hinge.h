#pragma once

#include "core/ops/element_loss_rule.h"

namespace tandem::ops::element {

// max(0, 1 - y x)^2, y = -1 for class 0 and 1 for class 1.
struct squared_hinge {
  static constexpr LossInfo info{
      .type = "squared_hinge",
      .label = "Squared hinge",
      .summary = "For two classes and one output: the square of the hinge loss, which is smooth.",
      .names = {.keras = "SquaredHinge"},
      .classes = true};

  template <class, class T>
  TANDEM_HD static T value(T x, T t, const T*) {
    const T margin = T(1) - (T(2) * t - T(1)) * x;
    return margin < T(0) ? T(0) : margin * margin;
  }
  template <class, class T>
  TANDEM_HD static T derivative(T x, T t, const T*) {
    const T y = T(2) * t - T(1), margin = T(1) - y * x;
    return margin < T(0) ? T(0) : T(-2) * y * margin;
  }
};

}  // namespace tandem::ops::element
