// lion_update: Lion (Chen et al., 2023, "Symbolic discovery of optimization algorithms"):
//   u = sign(beta1 m + (1 - beta1) g);  m = beta2 m + (1 - beta2) g;  w -= rate (u + weight_decay w)
// sign(0) = 0, and the sign of NaN is NaN, so that a failed run cannot remain unnoticed.
#pragma once

#include <utility>

#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands and results: optimizer_update.h. State: all m.
extern const OpDef lion_update;

struct LionAttrs {
  double beta1 = 0.9, beta2 = 0.99, weightDecay = 0;

  static Result<LionAttrs> from(const Attrs& attrs);  // keys "beta1", "beta2", "weight_decay"
  Attrs attrs() const;
  int states() const { return 1; }
};

template <class T>
struct LionRule {
  using Attributes = LionAttrs;
  using StateCounts = std::index_sequence<1>;
  T rate, beta1, rest1, beta2, rest2, shrink;

  TANDEM_HD LionRule(const LionAttrs& a, const float* step)
      : rate(step[kStepLearningRate]),
        beta1(static_cast<T>(a.beta1)),
        rest1(static_cast<T>(1 - a.beta1)),
        beta2(static_cast<T>(a.beta2)),
        rest2(static_cast<T>(1 - a.beta2)),
        shrink(T(1) - T(step[kStepLearningRate]) * static_cast<T>(a.weightDecay)) {}

  TANDEM_HD void operator()(T& w, T g, T& m) const {
    const T c = beta1 * m + rest1 * g;
    m = beta2 * m + rest2 * g;
    w = shrink * w - rate * (c > T(0) ? T(1) : c < T(0) ? T(-1) : c);
  }
};

}  // namespace tandem::ops
