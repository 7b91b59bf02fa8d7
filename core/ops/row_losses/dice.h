#pragma once

#include "core/ops/row_loss_rule.h"

namespace tandem::ops::row {

// 1 - (2 sum(p t) + s) / (sum(p) + sum(t) + s) of a sample, p = sigmoid(x) (Milletari et al., 2016). This is
// sum(p (1 - t) + t (1 - p)) / (sum(p + t) + s), in which nothing cancels.
struct dice {
  static constexpr LossInfo info{
      .type = "dice",
      .label = "Dice",
      .summary =
          "For a mask or several questions of two classes, most of them class 0: how little the predicted and the "
          "true class 1 overlap in each sample; by default, Keras' covers the whole batch.",
      .names = {.keras = "Dice"},
      .classes = true,
      .activation = "sigmoid",
      .flops = 60,
      .parameters = {{.key = "smooth",
                      .label = "Smoothing",
                      .tooltip =
                          "Added to the overlap and to the total, so that a sample without class 1 has a "
                          "loss near 0 if none is predicted",
                      .fallback = 1,
                      .minimum = 1e-6,
                      .maximum = 1e6}}};
  static constexpr RowForm form{.wholeSample = true};

  template <class M, class T>
  TANDEM_HD static RowSums<T> terms(T x, T t, T) {
    const T p = M::sigmoid(x);
    return {p * (T(1) - t) + t * M::sigmoid(-x), p + t, T(0)};
  }
  template <class, class T>
  TANDEM_HD static T value(RowSums<T> sums, const T* p) {
    return sums.a / (sums.b + p[0]);
  }
  // dl / dp = (overlap - 2 t) / total
  template <class, class T>
  TANDEM_HD static RowFactors<T> factors(RowSums<T> sums, T, const T* p) {
    const T total = sums.b + p[0];
    return {T(1) - sums.a / total, T(1) / total};
  }
  template <class M, class T>
  TANDEM_HD static T derivative(T x, T t, RowFactors<T> f) {
    return (f.a - T(2) * t) * f.b * M::sigmoid(x) * M::sigmoid(-x);
  }
};

}  // namespace tandem::ops::row
