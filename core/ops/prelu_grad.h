// prelu_grad: the gradients of prelu.
//   inputs   dy, x, alpha
//   outputs  dx = dy where x > 0, else alpha dy; dalpha = the sum of dy x where x <= 0, per channel
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

extern const OpDef prelu_grad;

struct PreluGradIn {
  enum : std::uint8_t { kDy, kX, kAlpha };
};
struct PreluGradOut {
  enum : std::uint8_t { kDx, kDalpha };
};

}  // namespace tandem::ops
