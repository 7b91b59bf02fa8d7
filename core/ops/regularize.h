// regularize: adds the gradient of the penalty l1 sum|w| + l2 sum w^2 (Keras' l1_l2) to a gradient:
// g += scale (l1 sign(w) + 2 l2 w), sign(0) = 0.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: gradient g, weights w of the same shape, step block, optional. The result replaces g.
// scale is the step block's loss scale, by which g is multiplied until clip_gradient divides by it;
// 1 without a step block. Attributes: l1, l2 (0).
extern const OpDef regularize;

struct RegularizeIn {
  enum : std::uint8_t { kGradients, kWeights, kStep };
};

}  // namespace tandem::ops
