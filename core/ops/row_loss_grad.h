// row_loss_grad: dx = w dl / dx * lossScale / valid rows, where the factors of row_loss stand for the row and w is its
// weight. Attributes: RowLossAttrs.
#pragma once

#include "core/ops/row_loss.h"

namespace tandem::ops {

// Operands: 0 prediction (n, ...), 1 target f32 of the same shape, 2 factors (rows, kRowFactors), 3 step block,
// 4 weights of the rows f32 (rows) (optional).
// Result: dx like the prediction, 0 in rows that are not valid.
extern const OpDef row_loss_grad;

}  // namespace tandem::ops
