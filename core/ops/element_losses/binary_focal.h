#pragma once

#include "core/ops/element_loss_rule.h"

namespace tandem::ops::element {

// a (1 - p)^gamma (-log p), where p is the probability of the correct class and a its weight (Lin et al., 2017).
// With z = x for class 1 and -x for class 0: log p = -log(1 + exp(-z)), log(1 - p) = -log(1 + exp(z)).
struct binary_focal {
  static constexpr LossInfo info{
      .type = "binary_focal",
      .label = "Binary focal",
      .summary =
          "For two classes of very different size: cross-entropy in which samples that are already classified "
          "well count less.",
      .names = {.keras = "BinaryFocalCrossentropy(apply_class_balancing=True)",
                .pytorch = "torchvision.ops.sigmoid_focal_loss"},
      .classes = true,
      .activation = "sigmoid",
      .flops = 60,
      .parameters = {{.key = "gamma",
                      .label = "Gamma",
                      .tooltip = "How much less; 0 is the plain cross-entropy",
                      .fallback = 2,
                      .minimum = 0,
                      .maximum = 20},
                     {.key = "alpha",
                      .label = "Alpha",
                      .tooltip = "Weight of the second class; that of the first is 1 minus this",
                      .fallback = 0.25,
                      .minimum = 0,
                      .maximum = 1}}};

  template <class M, class T>
  TANDEM_HD static T value(T x, T t, const T* p) {
    const bool second = t > T(0.5);
    const T z = second ? x : -x, weight = second ? p[1] : T(1) - p[1];
    return weight * M::exp(-p[0] * M::softplus(z)) * M::softplus(-z);
  }
  template <class M, class T>
  TANDEM_HD static T derivative(T x, T t, const T* p) {
    const bool second = t > T(0.5);
    const T z = second ? x : -x, weight = second ? p[1] : p[1] - T(1);  // with the sign of dz / dx
    const T wrong = M::sigmoid(-z);
    return -weight * M::exp(-p[0] * M::softplus(z)) * (p[0] * (T(1) - wrong) * M::softplus(-z) + wrong);
  }
};

}  // namespace tandem::ops::element
