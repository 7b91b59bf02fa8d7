// reshape: the same values in another shape; the batch stays the first dimension. A view: no kernel.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operand: 0 x (n, ...). Attribute: shape, the dimensions after the batch. Result: (n, shape...).
extern const OpDef reshape;

}  // namespace tandem::ops
