// element_loss: the mean over valid rows and all columns of an elementwise loss of prediction and target
// (element_loss_rule.h).
#pragma once

#include "core/ops/element_loss_list.h"  // generated from the files of element_losses/
#include "core/ops/loss_kind.h"
#include "core/ops/loss_operands.h"

namespace tandem::ops {

// Operands (LossIn): prediction (n, ...), target f32 of the same shape, step block, weights f32 of the same shape
// (optional).
// Result: loss f32 (1); 0 if there are no valid rows.
extern const OpDef element_loss;

// Attributes of element_loss and element_loss_grad.
using ElementLossAttrs = LossAttrs<ElementLosses>;

template <class F>
decltype(auto) withElementLoss(std::size_t kind, F&& f) {
  return withLoss<ElementLosses>(kind, std::forward<F>(f));
}

}  // namespace tandem::ops
