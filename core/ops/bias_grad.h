// bias_grad: the sum over all but the last axis; the gradient of bias_add with respect to its bias.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operand: 0 dy (..., c). Result: (c), always f32.
extern const OpDef bias_grad;

}  // namespace tandem::ops
