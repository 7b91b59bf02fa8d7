// rmsprop_update: RMSprop (Tieleman & Hinton, 2012), as torch.optim.RMSprop computes it (not centred):
//   g += weight_decay w;  s = rho s + (1 - rho) g^2;  u = g / (sqrt(s) + epsilon)
//   w -= rate u, or with momentum: b = momentum b + u;  w -= rate b
#pragma once

#include <cmath>
#include <utility>

#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands and results: optimizer_update.h. State: all s, with momentum then all b.
extern const OpDef rmsprop_update;

struct RmspropAttrs {
  double rho = 0.9, epsilon = 1e-7, momentum = 0, weightDecay = 0;

  static Result<RmspropAttrs> from(const Attrs& attrs);  // keys "rho", "epsilon", "momentum", "weight_decay"
  Attrs attrs() const;
  int states() const { return momentum > 0 ? 2 : 1; }
};

template <class T>
struct RmspropRule {
  using Attributes = RmspropAttrs;
  using StateCounts = std::index_sequence<1, 2>;
  T rate, rho, rest, epsilon, momentum, decay;

  TANDEM_HD RmspropRule(const RmspropAttrs& a, const float* step)
      : rate(step[kStepLearningRate]),
        rho(static_cast<T>(a.rho)),
        rest(static_cast<T>(1 - a.rho)),
        epsilon(static_cast<T>(a.epsilon)),
        momentum(static_cast<T>(a.momentum)),
        decay(static_cast<T>(a.weightDecay)) {}

  TANDEM_HD T scaled(T w, T g, T& s) const {
    using std::sqrt;
    g += decay * w;
    s = rho * s + rest * g * g;
    return g / (sqrt(s) + epsilon);
  }
  TANDEM_HD void operator()(T& w, T g, T& s) const { w -= rate * scaled(w, g, s); }
  TANDEM_HD void operator()(T& w, T g, T& s, T& b) const {
    b = momentum * b + scaled(w, g, s);
    w -= rate * b;
  }
};

}  // namespace tandem::ops
