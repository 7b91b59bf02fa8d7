// element_loss_grad: dx = w l'(x, t) * lossScale / (validRows * columns). Attributes: ElementLossAttrs.
#pragma once

#include "core/ops/element_loss.h"

namespace tandem::ops {

// Operands (LossIn): prediction (n, ...), target f32 of the same shape, step block, weights w f32 of the same shape
// (optional).
// Result: dx like the prediction, 0 in rows >= validRows.
extern const OpDef element_loss_grad;

}  // namespace tandem::ops
