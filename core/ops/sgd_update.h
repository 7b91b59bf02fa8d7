// sgd_update: stochastic gradient descent with momentum, PyTorch's torch.optim.SGD (dampening 0):
//   g += weight_decay w;  v = momentum v + g;  w -= rate (nesterov ? g + momentum v : v)
#pragma once

#include <utility>

#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands and results: optimizer_update.h. State: all v if there is momentum.
extern const OpDef sgd_update;

struct SgdAttrs {
  double momentum = 0;
  bool nesterov = false;
  double weightDecay = 0;

  static Result<SgdAttrs> from(const Attrs& attrs);  // keys "momentum", "nesterov", "weight_decay"
  Attrs attrs() const;
  int states() const { return momentum > 0 ? 1 : 0; }
};

template <class T>
struct SgdRule {
  using Attributes = SgdAttrs;
  using StateCounts = std::index_sequence<0, 1>;
  T rate, momentum, weightDecay;
  bool nesterov;

  TANDEM_HD SgdRule(const SgdAttrs& a, const float* step)
      : rate(step[kStepLearningRate]),
        momentum(static_cast<T>(a.momentum)),
        weightDecay(static_cast<T>(a.weightDecay)),
        nesterov(a.nesterov) {}

  TANDEM_HD void operator()(T& w, T g) const { w -= rate * (g + weightDecay * w); }
  TANDEM_HD void operator()(T& w, T g, T& v) const {
    g += weightDecay * w;
    v = momentum * v + g;
    w -= rate * (nesterov ? g + momentum * v : v);
  }
};

}  // namespace tandem::ops
