// simple_rnn_grad: the gradients of simple_rnn through all steps, from the last to the first ("backpropagation through
// time"). Operands, results and attributes: recurrent.h and simple_rnn.h.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {
extern const OpDef simple_rnn_grad;
}  // namespace tandem::ops
