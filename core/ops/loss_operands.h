// The operands of losses, of the gradients of losses and of metrics. The prediction may be logits or probabilities, the
// target class indices. Metrics have no weights.
#pragma once

#include <cstdint>

namespace tandem::ops {

struct LossIn {
  enum : std::uint8_t { kPrediction, kTarget, kStep, kWeights };
};

}  // namespace tandem::ops
