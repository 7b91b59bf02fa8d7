// conv2d_dgrad: dx of conv2d from dy (N, OH, OW, O) and w (O, KH, KW, C / groups); also a transposed convolution, of
// which dy is the input.
// Attributes: those of conv2d without its epilogue, and "input_shape" [H, W]. Result: (N, H, W, C).
#pragma once

#include "core/ops/conv2d.h"

namespace tandem::ops {

extern const OpDef conv2d_dgrad;

struct Conv2dDgradIn {
  enum : std::uint8_t { kDy, kWeights };
};

}  // namespace tandem::ops
