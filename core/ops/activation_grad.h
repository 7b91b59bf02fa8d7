// activation_grad: dx = dy * f'(x). Attributes: ActivationAttrs (activation.h).
#pragma once

#include "core/ops/activation.h"

namespace tandem::ops {

// Operands: dy, x, y, all of the same type. Kinds with derivativeFromOutput() read y, and x is
// absent; the others read x, and y is absent. Result: dx, same type.
extern const OpDef activation_grad;

struct ActivationGradIn {
  enum : std::uint8_t { kDy, kX, kY };
};

}  // namespace tandem::ops
