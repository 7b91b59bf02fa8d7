// confusion_matrix: how often each class is predicted for each class, as fractions of the valid rows. The predicted
// class is that of predicted_class.h. A label out of range is not counted.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

inline constexpr std::int64_t kMaxMatrixClasses = 256;

// Operands: 0 scores (n, c) with c up to kMaxMatrixClasses, 1 labels i32 (n), 2 step block.
// Result: f32 (k, k) with k = max(c, 2), by true and predicted class.
extern const OpDef confusion_matrix;

}  // namespace tandem::ops
