// nadam_update: Nadam (Dozat, 2016, "Incorporating Nesterov momentum into Adam"), as torch.optim.NAdam computes it:
//   g += weight_decay w;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
//   w -= rate (nadam_g g + nadam_m m) / (sqrt(v) / sqrt(bias2) + epsilon)
// with the factors nadam_g, nadam_m and bias2 = 1 - beta2^t of the step block (step_corrections.h).
#pragma once

#include <cmath>
#include <utility>

#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands and results: optimizer_update.h. State: all m, then all v.
extern const OpDef nadam_update;

struct NadamAttrs {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, weightDecay = 0;

  // Keys "beta1", "beta2", "epsilon", "weight_decay". The optimizer's "momentum_decay" acts through the step block.
  static Result<NadamAttrs> from(const Attrs& attrs);
  Attrs attrs() const;
  int states() const { return 2; }
};

template <class T>
struct NadamRule {
  using Attributes = NadamAttrs;
  using StateCounts = std::index_sequence<2>;
  T beta1, rest1, beta2, rest2, epsilon, decay, gradientStep, momentStep, rootBias2;

  TANDEM_HD NadamRule(const NadamAttrs& a, const float* step)
      : beta1(static_cast<T>(a.beta1)),
        rest1(static_cast<T>(1 - a.beta1)),
        beta2(static_cast<T>(a.beta2)),
        rest2(static_cast<T>(1 - a.beta2)),
        epsilon(static_cast<T>(a.epsilon)),
        decay(static_cast<T>(a.weightDecay)),
        gradientStep(T(step[kStepLearningRate]) * T(step[kStepNadamGradient])),
        momentStep(T(step[kStepLearningRate]) * T(step[kStepNadamMoment])),
        rootBias2(root(T(step[kStepBias2]))) {}

  TANDEM_HD static T root(T x) {
    using std::sqrt;
    return sqrt(x);
  }
  TANDEM_HD void operator()(T& w, T g, T& m, T& v) const {
    g += decay * w;
    m = beta1 * m + rest1 * g;
    v = beta2 * v + rest2 * g * g;
    w -= (gradientStep * g + momentStep * m) / (root(v) / rootBias2 + epsilon);
  }
};

}  // namespace tandem::ops
