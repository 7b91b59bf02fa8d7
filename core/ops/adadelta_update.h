// adadelta_update: Adadelta (Zeiler, 2012), as torch.optim.Adadelta computes it:
//   g += weight_decay w;  s = rho s + (1 - rho) g^2
//   u = g sqrt(d + epsilon) / sqrt(s + epsilon);  d = rho d + (1 - rho) u^2;  w -= rate u
#pragma once

#include <cmath>
#include <utility>

#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands and results: optimizer_update.h. State: all s, then all d.
extern const OpDef adadelta_update;

struct AdadeltaAttrs {
  double rho = 0.95, epsilon = 1e-6, weightDecay = 0;

  static Result<AdadeltaAttrs> from(const Attrs& attrs);  // keys "rho", "epsilon", "weight_decay"
  Attrs attrs() const;
  int states() const { return 2; }
};

template <class T>
struct AdadeltaRule {
  using Attributes = AdadeltaAttrs;
  using StateCounts = std::index_sequence<2>;
  T rate, rho, rest, epsilon, decay;

  TANDEM_HD AdadeltaRule(const AdadeltaAttrs& a, const float* step)
      : rate(step[kStepLearningRate]),
        rho(static_cast<T>(a.rho)),
        rest(static_cast<T>(1 - a.rho)),
        epsilon(static_cast<T>(a.epsilon)),
        decay(static_cast<T>(a.weightDecay)) {}

  TANDEM_HD void operator()(T& w, T g, T& s, T& d) const {
    using std::sqrt;
    g += decay * w;
    s = rho * s + rest * g * g;
    // Two roots, because the quotient of the arguments may overflow in single precision.
    const T u = g * (sqrt(d + epsilon) / sqrt(s + epsilon));
    d = rho * d + rest * u * u;
    w -= rate * u;
  }
};

}  // namespace tandem::ops
