#pragma once

#include "core/ops/row_loss_rule.h"

namespace tandem::ops::row {

// sum(t (log t - log p)), p = softmax(x): in nats. A target of 0 or less counts as 0 and contributes nothing; Keras clips
// targets and probabilities to 1e-7 instead. Targets need not sum to 1.
struct kl_divergence {
  static constexpr LossInfo info{
      .type = "kl_divergence",
      .label = "KL divergence",
      .summary =
          "For shares that sum to 1, such as the votes for each class: the Kullback-Leibler divergence of the "
          "predicted distribution from the target. PyTorch's takes log-probabilities.",
      .names = {.keras = "KLDivergence", .pytorch = "KLDivLoss(reduction='batchmean')"},
      .activation = "softmax",
      .fixedTargets = true,
      .flops = 50};
  static constexpr RowForm form{.usesHighest = true, .least = 2};

  template <class M, class T>
  TANDEM_HD static RowSums<T> terms(T x, T t, T highest) {
    const T share = shareOf(t), z = x - highest;
    return {M::exp(z), share, (share > T(0) ? share * M::log(share) : share) - share * z};
  }
  template <class M, class T>
  TANDEM_HD static T value(RowSums<T> sums, const T*) {
    return sums.c + sums.b * M::log(sums.a);
  }
  // dl / dx = sum(t) p - t, p = exp(x - highest) / sum(exp)
  template <class, class T>
  TANDEM_HD static RowFactors<T> factors(RowSums<T> sums, T highest, const T*) {
    return {highest, sums.b / sums.a};
  }
  template <class M, class T>
  TANDEM_HD static T derivative(T x, T t, RowFactors<T> f) {
    return M::exp(x - f.a) * f.b - shareOf(t);
  }

 private:
  template <class T>
  TANDEM_HD static T shareOf(T t) {
    return t < T(0) ? T(0) : t;  // NaN stays
  }
};

}  // namespace tandem::ops::row
