// average_weights: the exponential moving average of the weights.
//   a += share (w - a)
// The share is the step block's: 0 leaves the average unchanged, 1 replaces it.
#pragma once

#include "core/ops/moving_mean.h"
#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands: average a, weights w of the same shape, step block. The result replaces a.
extern const OpDef average_weights;

struct AverageIn {
  enum : std::uint8_t { kAverage, kWeights, kStep };
};

}  // namespace tandem::ops
