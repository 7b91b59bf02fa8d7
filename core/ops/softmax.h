// softmax: y_j = exp(x_j) / sum_k exp(x_k) over the last axis.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operand: 0 x (..., c). Result: same type.
extern const OpDef softmax;

}  // namespace tandem::ops
