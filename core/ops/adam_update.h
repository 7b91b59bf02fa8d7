// adam_update: Adam (Kingma & Ba, 2015) and AdamW (Loshchilov & Hutter, 2019), as PyTorch computes them:
//   Adam: g += weight_decay w;  AdamW (decoupled): w -= rate weight_decay w
//   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
//   w -= rate / bias1 * m / (sqrt(v) / sqrt(bias2) + epsilon),  bias_i = 1 - beta_i^t from the step block
#pragma once

#include <cmath>
#include <utility>

#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands and results: optimizer_update.h. State: all m, then all v.
extern const OpDef adam_update;

struct AdamAttrs {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, weightDecay = 0;
  bool decoupled = false;

  // Keys "beta1", "beta2", "epsilon", "weight_decay", "decoupled".
  static Result<AdamAttrs> from(const Attrs& attrs);
  Attrs attrs() const;
  int states() const { return 2; }
};

template <class T>
struct AdamRule {
  using Attributes = AdamAttrs;
  using StateCounts = std::index_sequence<2>;
  T beta1, rest1, beta2, rest2, epsilon, decay, shrink, stepSize, rootBias2;

  TANDEM_HD AdamRule(const AdamAttrs& a, const float* step)
      : beta1(static_cast<T>(a.beta1)),
        rest1(static_cast<T>(1 - a.beta1)),
        beta2(static_cast<T>(a.beta2)),
        rest2(static_cast<T>(1 - a.beta2)),
        epsilon(static_cast<T>(a.epsilon)),
        decay(a.decoupled ? T(0) : static_cast<T>(a.weightDecay)),
        shrink(a.decoupled ? T(1) - T(step[kStepLearningRate]) * static_cast<T>(a.weightDecay) : T(1)),
        stepSize(T(step[kStepLearningRate]) / T(step[kStepBias1])),
        rootBias2(root(T(step[kStepBias2]))) {}

  TANDEM_HD static T root(T x) {
    using std::sqrt;
    return sqrt(x);
  }
  TANDEM_HD void operator()(T& w, T g, T& m, T& v) const {
    g += decay * w;
    m = beta1 * m + rest1 * g;
    v = beta2 * v + rest2 * g * g;
    w = shrink * w - stepSize * m / (root(v) / rootBias2 + epsilon);
  }
};

}  // namespace tandem::ops
