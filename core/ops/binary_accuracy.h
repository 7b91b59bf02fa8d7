// binary_accuracy: the fraction of (logit > 0) == (target > 0.5) over valid rows and all columns. A
// NaN logit counts as wrong.
#pragma once

#include "core/ops/loss_operands.h"
#include "core/ops/op.h"

namespace tandem::ops {

// Operands (LossIn): logits (n, ...), target f32 of the same shape, 0 or 1, step block. Result: f32 (1).
extern const OpDef binary_accuracy;

}  // namespace tandem::ops
