// combine_grad: the gradient of combine with respect to one operand, x: dy * f'(x, z) * factor, where z is the other
// operand, summed over the axes along which x was repeated. At ties of maximum and minimum, each operand gets half.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: dy, x (maximum, minimum), z (multiply, maximum, minimum); absent where the derivative does not depend on
// them. Attributes: those of combine (CombineAttrs), except that subtract is add with the factor of the operand; shape,
// that of x. Result: of that shape and the type of dy.
extern const OpDef combine_grad;

struct CombineGradIn {
  enum : std::uint8_t { kDy, kX, kZ };
};

}  // namespace tandem::ops
