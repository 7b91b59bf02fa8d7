// cast: the same values in another dtype (class labels as targets of a loss, and where precisions change).
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operand: 0 x. Result: same shape, dtype of attribute "dtype" ("f32", "bf16", "i32", ...: nameOf()).
// To half precision: round to nearest, ties to even. To integers: toward zero.
extern const OpDef cast;

}  // namespace tandem::ops
