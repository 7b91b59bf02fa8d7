// class_counts: how often a class is predicted, is the label, and both, as fractions of the valid rows. They
// give the precision, the recall and the F1 score of the class. The predicted class of a row is the index of
// its largest score, the first one on ties. A NaN is never larger, so it is not predicted, except in column
// 0, where no score exceeds it. A single column is the logit of class 1 against class 0, where a NaN predicts
// 0. A label out of range is no class.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: 0 scores (n, c), 1 labels i32 (n), 2 step block. Attribute: class (1), below max(c, 2).
// Result: f32 (3), the fractions of rows whose prediction and label are the class, whose prediction is, and
// whose label is.
extern const OpDef class_counts;

}  // namespace tandem::ops
