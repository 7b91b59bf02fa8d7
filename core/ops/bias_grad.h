// bias_grad: the sum over all but the last axis; the gradient of bias_add in its bias.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operand: 0 dy (..., c). Result: (c), f32 always.
extern const OpDef bias_grad;

}  // namespace tandem::ops
