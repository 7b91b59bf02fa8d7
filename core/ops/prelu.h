// prelu: y = x where x > 0, else alpha x, with a slope alpha for each channel, the last axis (He et al. 2015).
//   inputs   0 x (..., C), 1 alpha (C)
//   outputs  0 y
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {
extern const OpDef prelu;
}  // namespace tandem::ops
