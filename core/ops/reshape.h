// reshape: the same values in another shape. A view: no kernel.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operand: 0 x (n, ...). Attributes: shape, the dimensions after the first; rows, the first one, which is n unless stated.
// Result: (rows, shape...).
extern const OpDef reshape;

}  // namespace tandem::ops
