#pragma once

#include "core/ops/element_loss_rule.h"

namespace tandem::ops::element {

// The pinball loss (Koenker & Bassett, 1978): q (t - x) where t >= x, else (1 - q) (x - t).
struct quantile {
  static constexpr LossInfo info{
      .type = "quantile",
      .label = "Quantile",
      .summary =
          "For numbers: the network learns a quantile of the targets, such as the median or the value that 90 % "
          "of them stay below.",
      .parameters = {{.key = "quantile",
                      .label = "Quantile",
                      .tooltip = "Share of the targets below the prediction; 0.5 is the median",
                      .fallback = 0.5,
                      .minimum = 0.001,
                      .maximum = 0.999}}};

  template <class, class T>
  TANDEM_HD static T value(T x, T t, const T* p) {
    const T d = x - t;
    return (d > T(0) ? T(1) - p[0] : -p[0]) * d;
  }
  // The mean of both sides at 0, as the derivative of the absolute error is 0 there.
  template <class, class T>
  TANDEM_HD static T derivative(T x, T t, const T* p) {
    const T d = x - t, above = d > T(0) ? T(1) - p[0] : T(0.5) - p[0];
    return d < T(0) ? -p[0] : above;
  }
};

}  // namespace tandem::ops::element
