// softmax_cross_entropy_grad: dlogits = (p - onehot(label)) * lossScale / validRows.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: 0 probabilities (n, c), 1 labels i32 (n), 2 step block. Result: (n, c), 0 in rows >=
// validRows. A label outside [0, c) leaves its row at p * lossScale / validRows.
extern const OpDef softmax_cross_entropy_grad;

}  // namespace tandem::ops
