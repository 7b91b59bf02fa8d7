// regression_error: mean absolute or squared error over valid rows and all columns, as a metric.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: 0 prediction (n, ...), 1 target f32 of the same shape, 2 step block.
// Attribute: kind, "mae" or "mse". Result: f32 (1).
extern const OpDef regression_error;

}  // namespace tandem::ops
