// upsample2d_grad: dx of upsample2d from dy (N, OH, OW, C).
// Attributes: those of upsample2d. Result: (N, OH / size[0], OW / size[1], C), for each pixel the sum of the gradients of
// those that read it, times their factors.
#pragma once

#include "core/ops/upsample2d.h"

namespace tandem::ops {
extern const OpDef upsample2d_grad;
}  // namespace tandem::ops
