// group_normalize_grad: the gradients of group_normalize through the statistics of each group.
//   inputs   dy, x, gamma, inv_std, mean: optional, absent if nothing was subtracted
//   outputs  dx, dgamma, dbeta: only with mean
// Attributes: those of group_normalize.
// With h = (x - mean) inv_std, a = gamma dy and means over the group:
// dx = inv_std (a - mean(a) - h mean(a h)), without mean(a) if nothing was subtracted; dgamma = sum dy h, dbeta = sum dy
// over all positions of the batch.
#pragma once

#include "core/ops/group_normalize.h"

namespace tandem::ops {

extern const OpDef group_normalize_grad;

struct GroupNormGradIn {
  enum : std::uint8_t { kDy, kX, kGamma, kInvStd, kMean };
};
struct GroupNormGradOut {
  enum : std::uint8_t { kDx, kDgamma, kDbeta };
};

}  // namespace tandem::ops
