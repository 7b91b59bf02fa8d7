// row_loss_grad: dx = w dl / dx * lossScale / valid rows, where the factors of row_loss stand for the row and w is its
// weight. Attributes: RowLossAttrs.
#pragma once

#include "core/ops/row_loss.h"

namespace tandem::ops {

// Operands: prediction (n, ...), target f32 of the same shape, factors (rows, kRowFactors), step block,
// weights of the rows f32 (rows) (optional).
// Result: dx like the prediction, 0 in rows that are not valid.
extern const OpDef row_loss_grad;

struct RowLossGradIn {
  enum : std::uint8_t { kPrediction, kTarget, kFactors, kStep, kWeights };
};

}  // namespace tandem::ops
