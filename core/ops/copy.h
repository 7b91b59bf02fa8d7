// copy: y = x in separate storage.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operand: 0 x. Result: same type.
extern const OpDef copy;

}  // namespace tandem::ops
