// batch_norm_inference: y = act(gamma * (x - mean) / sqrt(var + epsilon) + beta + z) with given statistics.
//   inputs 0 x (..., C), 1 gamma, 2 beta, 3 mean, 4 var, all (C), 5 z like x. Without beta or mean these are 0, and z is
//   optional as well. Attributes: "epsilon", "activation".
// In training it is the batch norm of a frozen layer: only x and z have gradients. That of x is this op again, of dy
// without beta and mean.
#pragma once

#include "core/ops/batch_norm.h"

namespace tandem::ops {
extern const OpDef batch_norm_inference;
}  // namespace tandem::ops
