// average_weights: the exponential moving average of the weights.
//   a += share (w - a)
// The share is the step block's: 0 leaves the average unchanged, 1 replaces it.
#pragma once

#include "core/ops/moving_mean.h"
#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands: 0 average a, 1 weights w of the same shape, 2 step block. Result 0 replaces a.
extern const OpDef average_weights;

}  // namespace tandem::ops
