// batch_norm_grad: the gradients of batch_norm through the batch's own statistics.
//   inputs   dy, x, gamma, the saved mean and inv_std, y (optional): if batch_norm had a
//            fused relu; dy is then masked to y > 0
//   outputs  dx, dgamma, dbeta, dz = dy where y > 0, else 0: only with the attribute "addend"
// Attributes: "addend" (0): 1 requests dz, the gradient of batch_norm's addend, if y is given; without y, dz
// is dy itself.
// With h = (x - mean) * inv_std over M rows: dbeta = sum dy, dgamma = sum dy h,
// dx = gamma * inv_std * (dy - dbeta / M - h * dgamma / M).
#pragma once

#include "core/ops/batch_norm.h"

namespace tandem::ops {

extern const OpDef batch_norm_grad;

struct BatchNormGradIn {
  enum : std::uint8_t { kDy, kX, kGamma, kMean, kInvStd, kY };
};
struct BatchNormGradOut {
  enum : std::uint8_t { kDx, kDgamma, kDbeta, kDz };
};

bool wantsAddendGradient(const Attrs& attrs);

}  // namespace tandem::ops
