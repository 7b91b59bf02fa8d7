// bias_add: y = x + b, b broadcast over all but the last axis.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: 0 x (..., c), 1 b (c). Result: (..., c).
extern const OpDef bias_add;

}  // namespace tandem::ops
