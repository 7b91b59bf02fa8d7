// adagrad_update: Adagrad (Duchi, Hazan & Singer, 2011), as torch.optim.Adagrad computes it (without lr_decay):
//   g += weight_decay w;  s += g^2;  w -= rate g / (sqrt(initial_accumulator + s) + epsilon)
// s excludes the initial accumulator, so that all optimizers start with a state of zeros.
#pragma once

#include <cmath>
#include <utility>

#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands and results: optimizer_update.h. State: all s.
extern const OpDef adagrad_update;

struct AdagradAttrs {
  double initialAccumulator = 0, epsilon = 1e-7, weightDecay = 0;

  // Keys "initial_accumulator", "epsilon", "weight_decay".
  static Result<AdagradAttrs> from(const Attrs& attrs);
  Attrs attrs() const;
  int states() const { return 1; }
};

template <class T>
struct AdagradRule {
  using Attributes = AdagradAttrs;
  using StateCounts = std::index_sequence<1>;
  T rate, initial, epsilon, decay;

  TANDEM_HD AdagradRule(const AdagradAttrs& a, const float* step)
      : rate(step[kStepLearningRate]),
        initial(static_cast<T>(a.initialAccumulator)),
        epsilon(static_cast<T>(a.epsilon)),
        decay(static_cast<T>(a.weightDecay)) {}

  TANDEM_HD void operator()(T& w, T g, T& s) const {
    using std::sqrt;
    g += decay * w;
    s += g * g;
    w -= rate * g / (sqrt(initial + s) + epsilon);
  }
};

}  // namespace tandem::ops
