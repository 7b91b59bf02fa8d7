// add: y = a + b, both of the same shape. Also sums the gradients of a value that is used more than once.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: 0 a, 1 b. Result: same type.
extern const OpDef add;

}  // namespace tandem::ops
