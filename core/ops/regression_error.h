// regression_error: mean absolute or squared error over valid rows and all columns, as a metric.
#pragma once

#include "core/ops/loss_operands.h"
#include "core/ops/op.h"

namespace tandem::ops {

// Operands (LossIn): prediction (n, ...), target f32 of the same shape, step block.
// Attribute: kind, "mae" or "mse". Result: f32 (1).
extern const OpDef regression_error;

}  // namespace tandem::ops
