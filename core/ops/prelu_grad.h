// prelu_grad: the gradients of prelu.
//   inputs   0 dy, 1 x, 2 alpha
//   outputs  0 dx = dy where x > 0, else alpha dy; 1 dalpha = the sum of dy x where x <= 0, per channel
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {
extern const OpDef prelu_grad;
}  // namespace tandem::ops
