// row_loss: the mean over the valid rows of a loss of a row of predictions and its targets (row_loss_rule.h).
#pragma once

#include "core/ops/loss_kind.h"
#include "core/ops/loss_operands.h"
#include "core/ops/row_loss_list.h"  // generated from the files of row_losses/
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands (LossIn): prediction (n, ...), target f32 of the same shape, step block, weights of the rows f32 (rows)
// (optional).
// Results: loss f32 (1), 0 if there are no valid rows; the factors of each row, f32 (rows, kRowFactors), for
// row_loss_grad.
extern const OpDef row_loss;

struct RowLossOut {
  enum : std::uint8_t { kLoss, kFactors };
};

// Attributes of row_loss and row_loss_grad.
using RowLossAttrs = LossAttrs<RowLosses>;

template <class F>
decltype(auto) withRowLoss(std::size_t kind, F&& f) {
  return withLoss<RowLosses>(kind, std::forward<F>(f));
}

// The rows of a prediction. A sample has several of them if it is an image of vectors.
struct LossRows {
  std::int64_t samples = 0, perSample = 0, columns = 0;

  static LossRows of(const Shape& shape, const RowForm& form) {
    const std::int64_t values = shape.withoutFirst().elements(),
                       columns = form.wholeSample ? values : shape[-1];
    return {shape[0], columns > 0 ? values / columns : 0, columns};
  }
  std::int64_t rows() const { return samples * perSample; }
  TANDEM_HD std::int64_t valid(const float* step) const { return validRows(step, samples) * perSample; }
};

// `attrs`: with the kind of the loss.
LossRows rowsOf(const Attrs& attrs, const Shape& shape);

}  // namespace tandem::ops
