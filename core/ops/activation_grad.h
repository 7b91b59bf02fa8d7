// activation_grad: dx = dy * f'(x). Attributes: ActivationAttrs (activation.h).
#pragma once

#include "core/ops/activation.h"

namespace tandem::ops {

// Operands: 0 dy, 1 x, 2 y, all of the same type. Kinds with derivativeFromOutput() read y, and x is
// absent; the others read x, and y is absent. Result: dx, same type.
extern const OpDef activation_grad;

}  // namespace tandem::ops
