// pool2d_grad: dx of pool2d from x (N, H, W, C), y (N, OH, OW, C), dy (as y), in this order.
// Attributes: those of pool2d and "input_shape" [H, W]. Result: (N, H, W, C).
//   max      dy goes to the first position of the window, row by row, where x >= y: the first maximum
//   average  dy is distributed evenly over the window's positions in the image; x and y are absent
#pragma once

#include "core/ops/pool2d.h"

namespace tandem::ops {

extern const OpDef pool2d_grad;

struct Pool2dGradIn {
  enum : std::uint8_t { kX, kY, kDy };
};

}  // namespace tandem::ops
