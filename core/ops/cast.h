// cast: the same numbers in another dtype (class numbers as targets of a loss, and where precisions meet).
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operand: 0 x. Result: same shape, dtype of attribute "dtype" ("f32", "bf16", "i32", ...: nameOf()).
// To half precision: nearest, ties to even. To integers: towards zero.
extern const OpDef cast;

}  // namespace tandem::ops
