// topk_accuracy: the fraction of valid rows whose label is among the k highest scores. As in Keras'
// in_top_k, a row is right when fewer than k scores are greater than the label's, so ties are kind. A
// NaN score counts as greater; a label out of range is wrong.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: 0 scores (n, c), 1 labels i32 (n), 2 step block. Attribute: k (1). Result: f32 (1).
extern const OpDef topk_accuracy;

}  // namespace tandem::ops
