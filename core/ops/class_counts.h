// class_counts: how often a class is predicted, is the label, and both, as fractions of the valid rows. They
// give the precision, the recall and the F1 score of the class. The predicted class is that of predicted_class.h. A label
// out of range is no class.
#pragma once

#include "core/ops/loss_operands.h"
#include "core/ops/op.h"

namespace tandem::ops {

// Operands (LossIn): scores (n, c), labels i32 (n), step block. Attribute: class (1), below max(c, 2).
// Result: f32 (3), the fractions of rows whose prediction and label are the class, whose prediction is, and
// whose label is.
extern const OpDef class_counts;

}  // namespace tandem::ops
