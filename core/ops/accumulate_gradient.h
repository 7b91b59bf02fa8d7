// accumulate_gradient: the mean of the gradients of several batches, by which the optimizer then updates the weights once.
//   m += share (g / lossScale - m)
//   g = lossScale m
// The share is the step block's: the rows of the batch divided by those of all batches so far. Batches of any size thus
// give the gradient of one batch of all their rows. The mean does not contain the loss scale, which may change meanwhile.
// A gradient that is not finite remains until the first batch of the next update, whose share is 1.
#pragma once

#include "core/ops/moving_mean.h"
#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands: 0 gradient block g, 1 mean m of the same shape, 2 step block. Results: 0 replaces g, 1 replaces m.
extern const OpDef accumulate_gradient;

}  // namespace tandem::ops
