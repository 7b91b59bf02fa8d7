// simple_rnn: the steps of a simple recurrent network (Elman 1990): h' = f(x_t + h U).
// Operands and attributes: recurrent.h; nothing is saved. In addition "activation" tanh | relu: f.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

extern const OpDef simple_rnn;

// Whether f is relu; an Error if it is neither.
Result<bool> isReluRnn(const Attrs& attrs);

}  // namespace tandem::ops
