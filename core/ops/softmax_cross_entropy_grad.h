// softmax_cross_entropy_grad: dlogits = weight (p - target) * lossScale / validRows, where target is one-hot or
// smoothed and weight is 1 but for the focal loss (CrossEntropyRule). Attributes: CrossEntropyAttrs.
#pragma once

#include "core/ops/softmax_cross_entropy.h"

namespace tandem::ops {

// Operands: 0 probabilities (n, c), 1 labels i32 (n), 2 step block. Result: (n, c), 0 in rows >=
// validRows. A label outside [0, c) leaves its row at (p - smoothing / c) * lossScale / validRows.
extern const OpDef softmax_cross_entropy_grad;

}  // namespace tandem::ops
