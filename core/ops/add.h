// add: y = a + b, both of one shape. Also what sums the gradients of a value that is read twice.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: 0 a, 1 b. Result: same type.
extern const OpDef add;

}  // namespace tandem::ops
