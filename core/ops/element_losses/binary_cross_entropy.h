#pragma once

#include "core/ops/element_loss_rule.h"

namespace tandem::ops::element {

// -t log s(x) - (1 - t) log(1 - s(x)) = log(1 + exp(x)) - x t; s: the sigmoid.
struct binary_cross_entropy {
  static constexpr LossInfo info{
      .type = "binary_cross_entropy",
      .label = "Binary cross-entropy",
      .summary =
          "For two classes and one output: minus the logarithm of the probability of the correct class.",
      .names = {.keras = "BinaryCrossentropy", .pytorch = "BCEWithLogitsLoss"},
      .classes = true,
      .activation = "sigmoid",
      .flops = 30};

  template <class M, class T>
  TANDEM_HD static T value(T x, T t, const T*) {
    return M::softplus(x) - x * t;
  }
  template <class M, class T>
  TANDEM_HD static T derivative(T x, T t, const T*) {
    return M::sigmoid(x) - t;
  }
};

}  // namespace tandem::ops::element
