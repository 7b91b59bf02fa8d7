#pragma once

#include "core/ops/row_loss_rule.h"

namespace tandem::ops::row {

// 1 - cos, cos = sum(x t) / (|x| |t|). Squared norms are at least 1e-12, as in Keras, whose loss is -cos.
struct cosine_similarity {
  static constexpr LossInfo info{
      .type = "cosine_similarity",
      .label = "Cosine similarity",
      .summary =
          "For vectors of which only the direction matters: 1 minus the cosine of the angle between output and "
          "target, so that 0 is best and 2 is the opposite direction. Keras' loss of this name is less by 1.",
      .names = {.keras = "CosineSimilarity", .pytorch = "CosineEmbeddingLoss"},
      .fixedTargets = true,
      .flops = 10};
  static constexpr RowForm form{.least = 2};

  template <class, class T>
  TANDEM_HD static RowSums<T> terms(T x, T t, T) {
    return {x * x, t * t, x * t};
  }
  template <class, class T>
  TANDEM_HD static T value(RowSums<T> sums, const T*) {
    const T loss = T(1) - sums.c * inverse(sums.a) * inverse(sums.b);
    return loss < T(0) ? T(0) : loss;  // by rounding
  }
  // dl / dx = cos x / |x|^2 - t / (|x| |t|); the norm of a shorter x is a constant.
  template <class, class T>
  TANDEM_HD static RowFactors<T> factors(RowSums<T> sums, T, const T*) {
    const T x = inverse(sums.a), t = inverse(sums.b);
    return {sums.a < T(1e-12) ? T(0) : sums.c * x * t * x * x, x * t};
  }
  template <class, class T>
  TANDEM_HD static T derivative(T x, T t, RowFactors<T> f) {
    return f.a * x - f.b * t;
  }

 private:
  template <class T>
  TANDEM_HD static T inverse(T square) {
    using std::sqrt;
    return T(1) / sqrt(square < T(1e-12) ? T(1e-12) : square);
  }
};

}  // namespace tandem::ops::row
