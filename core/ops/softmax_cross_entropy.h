// softmax_cross_entropy: the mean over the valid rows of -log softmax(logits)[label], in nats.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: 0 logits (n, c), 1 labels i32 (n), 2 step block.
// Results: 0 loss f32 (1), over the first validRows rows (0 if there are none); 1 probabilities
// (n, c) of all rows. A label outside [0, c) makes the loss NaN, so that it cannot go unnoticed; data
// readers reject such labels beforehand.
extern const OpDef softmax_cross_entropy;

}  // namespace tandem::ops
