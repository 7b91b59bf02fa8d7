// softmax_cross_entropy_grad: dlogits = weight w (p - target) * lossScale / validRows, where target is one-hot or
// smoothed, weight is 1 but for the focal loss (CrossEntropyRule), and w is the weight of the row. Attributes: CrossEntropyAttrs.
#pragma once

#include "core/ops/softmax_cross_entropy.h"

namespace tandem::ops {

// Operands (LossIn): probabilities (n, c), labels i32 (n), step block, weights of the rows f32 (n)
// (optional). Result: (n, c), 0 in rows >= validRows. A label outside [0, c) leaves its row at (p - smoothing / c) * lossScale / validRows.
extern const OpDef softmax_cross_entropy_grad;

}  // namespace tandem::ops
