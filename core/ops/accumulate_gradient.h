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

// Operands: gradient block g, mean m of the same shape, step block. Results: one replaces g, one replaces m.
extern const OpDef accumulate_gradient;

struct AccumulateIn {
  enum : std::uint8_t { kGradients, kMean, kStep };
};
struct AccumulateOut {
  enum : std::uint8_t { kGradients, kMean };
};

}  // namespace tandem::ops
