// lstm: the steps of a long short-term memory (Hochreiter & Schmidhuber 1997) with gates i f c o as in Keras:
// a = x_t + h U, c' = sigmoid(a_f) c + sigmoid(a_i) tanh(a_c), h' = sigmoid(a_o) tanh(c').
// Operands and attributes: recurrent.h; saved are i, f, tanh(a_c), o after their functions, and c', in blocks of units.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {
extern const OpDef lstm;
}  // namespace tandem::ops
