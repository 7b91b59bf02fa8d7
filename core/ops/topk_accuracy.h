// topk_accuracy: the fraction of valid rows whose label is among the k highest logits. As in Keras' in_top_k,
// a row is correct if fewer than k logits are greater than that of the label, so ties count as correct. A NaN
// logit counts as greater; a label out of range is wrong.
#pragma once

#include "core/ops/loss_operands.h"
#include "core/ops/op.h"

namespace tandem::ops {

// Operands (LossIn): logits (n, c), labels i32 (n), step block. Attribute: k (1). Result: f32 (1).
extern const OpDef topk_accuracy;

}  // namespace tandem::ops
