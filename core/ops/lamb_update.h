// lamb_update: LAMB (You et al., 2020, "Large batch optimization for deep learning"), for each parameter by itself:
//   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
//   r = (m / bias1) / (sqrt(v / bias2) + epsilon) + weight_decay w
//   w -= rate |w| / |r| r, with 1 instead of |w| / |r| if either norm is 0 (a bias at the start)
#pragma once

#include <cmath>
#include <vector>

#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands and results: optimizer_update.h. State: all m, then all v.
extern const OpDef lamb_update;

struct LambAttrs {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, weightDecay = 0;

  static Result<LambAttrs> from(const Attrs& attrs);  // keys "beta1", "beta2", "epsilon", "weight_decay"
  Attrs attrs() const;
  int states() const { return 2; }
};

// The elements of one parameter in the block. Alignment may follow them: zeros, which remain zeros.
struct ParameterRange {
  std::int64_t first = 0, count = 0;
};

// From attribute "starts": the first element of each parameter. Without it, the block is one parameter.
Result<std::vector<ParameterRange>> parameterRanges(const Attrs& attrs, std::int64_t elements);

template <class T>
struct LambRule {
  using Attributes = LambAttrs;
  T rate, beta1, rest1, beta2, rest2, epsilon, decay, bias1, rootBias2;

  TANDEM_HD LambRule(const LambAttrs& a, const float* step)
      : rate(step[kStepLearningRate]),
        beta1(static_cast<T>(a.beta1)),
        rest1(static_cast<T>(1 - a.beta1)),
        beta2(static_cast<T>(a.beta2)),
        rest2(static_cast<T>(1 - a.beta2)),
        epsilon(static_cast<T>(a.epsilon)),
        decay(static_cast<T>(a.weightDecay)),
        bias1(step[kStepBias1]),
        rootBias2(root(T(step[kStepBias2]))) {}

  TANDEM_HD static T root(T x) {
    using std::sqrt;
    return sqrt(x);
  }
  TANDEM_HD void takeIn(T g, T& m, T& v) const {
    m = beta1 * m + rest1 * g;
    v = beta2 * v + rest2 * g * g;
  }
  TANDEM_HD T direction(T w, T m, T v) const {
    return m / bias1 / (root(v) / rootBias2 + epsilon) + decay * w;
  }
  // The factor of the directions of one parameter, from the sums of the squares of its weights and directions.
  TANDEM_HD T stepSize(T weights, T directions) const {
    return weights > T(0) && directions > T(0) ? rate * root(weights) / root(directions) : rate;
  }
};

}  // namespace tandem::ops
