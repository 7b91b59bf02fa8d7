// conv2d_wgrad: dw of conv2d from x (N, H, W, C) and dy (N, OH, OW, O).
// Attributes: those of conv2d without its epilogue, and "kernel" [KH, KW]. Result: (O, KH, KW, C / groups),
// always f32.
#pragma once

#include "core/ops/conv2d.h"

namespace tandem::ops {

extern const OpDef conv2d_wgrad;

struct Conv2dWgradIn {
  enum : std::uint8_t { kX, kDy };
};

}  // namespace tandem::ops
