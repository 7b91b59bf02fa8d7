// target_moments: the mean squared error and the first two moments of the targets over valid rows and all
// columns. As means they can be averaged over batches, and then give the coefficient of determination,
// R2 = 1 - error / (second - first^2).
#pragma once

#include "core/ops/loss_operands.h"
#include "core/ops/op.h"

namespace tandem::ops {

// Operands (LossIn): prediction x (n, ...), target t f32 of the same shape, step block.
// Result: f32 (3), the means of (x - t)^2, t and t^2.
extern const OpDef target_moments;

}  // namespace tandem::ops
