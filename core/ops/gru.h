// gru: the steps of a gated recurrent unit (Cho et al. 2014) with gates z r h as in Keras with reset_after, PyTorch and cuDNN:
// u = h U + bias, z = sigmoid(x_z + u_z), r = sigmoid(x_r + u_r), n = tanh(x_h + r u_h), h' = z h + (1 - z) n.
// Operands and attributes: recurrent.h; saved are z, r, n and u_h, in blocks of units.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {
extern const OpDef gru;
}  // namespace tandem::ops
