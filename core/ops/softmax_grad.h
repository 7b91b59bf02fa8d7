// softmax_grad: dx = y * (dy - sum_k dy_k y_k) over the last axis.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: 0 dy (..., c), 1 y, same type. Result: dx, same type.
extern const OpDef softmax_grad;

}  // namespace tandem::ops
