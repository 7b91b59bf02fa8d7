#pragma once

#include "core/ops/element_loss_rule.h"

namespace tandem::ops::element {

// max(0, 1 - y x), y = -1 for class 0 and 1 for class 1.
struct hinge {
  static constexpr LossInfo info{
      .type = "hinge",
      .label = "Hinge",
      .summary =
          "For two classes and one output, as in support vector machines: samples beyond the margin do not count.",
      .names = {.keras = "Hinge"},
      .classes = true};

  template <class, class T>
  TANDEM_HD static T value(T x, T t, const T*) {
    const T margin = T(1) - (T(2) * t - T(1)) * x;
    return margin < T(0) ? T(0) : margin;
  }
  template <class, class T>
  TANDEM_HD static T derivative(T x, T t, const T*) {
    const T y = T(2) * t - T(1), margin = T(1) - y * x;
    return margin > T(0) ? -y : T(0) * margin;  // NaN stays
  }
};

}  // namespace tandem::ops::element
