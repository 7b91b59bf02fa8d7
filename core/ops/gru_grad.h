// gru_grad: the gradients of gru through all steps, from the last to the first ("backpropagation through time").
// Operands, results and attributes: recurrent.h.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {
extern const OpDef gru_grad;
}  // namespace tandem::ops
