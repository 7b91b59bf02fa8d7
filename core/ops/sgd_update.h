// sgd_update: stochastic gradient descent with momentum, PyTorch's torch.optim.SGD (dampening 0):
//   g += weight_decay w;  v = momentum v + g;  w -= rate (nesterov ? g + momentum v : v)
// over the whole parameter block; nothing changes when the step block's skip slot is not 0.
#pragma once

#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands: 0 parameters w, 1 gradients g, 2 velocities v (absent if momentum is 0), all f32 of the same
// shape, 3 step block. Results: 0 replaces w, 1 replaces v (absent if v is absent).
extern const OpDef sgd_update;

struct SgdAttrs {
  double momentum = 0;
  bool nesterov = false;
  double weightDecay = 0;

  static Result<SgdAttrs> from(const Attrs& attrs);  // keys "momentum", "nesterov", "weight_decay"
  Attrs attrs() const;
};

// The update of one parameter. T: float on devices, double in the reference.
template <class T>
struct SgdRule {
  T rate, momentum, weightDecay;
  bool nesterov;

  TANDEM_HD SgdRule(const SgdAttrs& a, const float* step)
      : rate(step[kStepLearningRate]),
        momentum(static_cast<T>(a.momentum)),
        weightDecay(static_cast<T>(a.weightDecay)),
        nesterov(a.nesterov) {}

  TANDEM_HD void plain(T& w, T g) const { w -= rate * (g + weightDecay * w); }
  TANDEM_HD void withMomentum(T& w, T g, T& v) const {
    g += weightDecay * w;
    v = momentum * v + g;
    w -= rate * (nesterov ? g + momentum * v : v);
  }
};

}  // namespace tandem::ops
