// lstm_grad: the gradients of lstm through all steps, from the last to the first ("backpropagation through time").
// Operands, results and attributes: recurrent.h.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {
extern const OpDef lstm_grad;
}  // namespace tandem::ops
