// batch_norm_inference: y = act(gamma * (x - mean) / sqrt(var + epsilon) + beta + z) with given statistics.
//   inputs x (..., C), gamma, beta, mean, var, all (C), z like x (BatchNormIn). Without beta or mean these are 0, and z is
//   optional as well. Attributes: "epsilon", "activation".
// In training it is the batch norm of a frozen layer: only x and z have gradients. That of x is this op again, of dy
// without beta and mean.
#pragma once

#include "core/ops/batch_norm.h"

namespace tandem::ops {
extern const OpDef batch_norm_inference;
}  // namespace tandem::ops
