// element_loss_grad: dx = w l'(x, t) * lossScale / (validRows * columns). Attributes: ElementLossAttrs.
#pragma once

#include "core/ops/element_loss.h"

namespace tandem::ops {

// Operands: 0 prediction (n, ...), 1 target f32 of the same shape, 2 step block, 3 weights w f32 of the same shape
// (optional).
// Result: dx like the prediction, 0 in rows >= validRows.
extern const OpDef element_loss_grad;

}  // namespace tandem::ops
