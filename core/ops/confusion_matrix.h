// confusion_matrix: how often each class is predicted for each class, as fractions of the valid rows. The predicted
// class is that of predicted_class.h. A label out of range is not counted.
#pragma once

#include "core/ops/loss_operands.h"
#include "core/ops/op.h"

namespace tandem::ops {

inline constexpr std::int64_t kMaxMatrixClasses = 256;

// Operands (LossIn): scores (n, c) with c up to kMaxMatrixClasses, labels i32 (n), step block.
// Result: f32 (k, k) with k = max(c, 2), by true and predicted class.
extern const OpDef confusion_matrix;

}  // namespace tandem::ops
