#pragma once

#include "core/ops/element_loss_rule.h"

namespace tandem::ops::element {

// d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2), as in Keras and PyTorch; d = x - t.
struct huber {
  static constexpr LossInfo info{
      .type = "huber",
      .label = "Huber",
      .summary = "For numbers: squared for small errors, absolute for large ones (Huber, 1964).",
      .names = {.keras = "Huber", .pytorch = "HuberLoss"},
      .parameters = {{.key = "delta",
                      .label = "Delta",
                      .tooltip = "Error at which the loss changes from quadratic to linear",
                      .fallback = 1,
                      .minimum = 1e-12,
                      .maximum = 1e12}}};

  template <class, class T>
  TANDEM_HD static T value(T x, T t, const T* p) {
    using std::abs;
    const T d = x - t, delta = p[0];
    return abs(d) <= delta ? T(0.5) * d * d : delta * (abs(d) - T(0.5) * delta);
  }
  template <class, class T>
  TANDEM_HD static T derivative(T x, T t, const T* p) {
    const T d = x - t, delta = p[0], above = d < -delta ? -delta : d;
    return above > delta ? delta : above;
  }
};

}  // namespace tandem::ops::element
