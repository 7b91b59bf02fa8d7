// batch_norm_grad: the gradients of batch_norm through the batch's own statistics.
//   inputs   0 dy, 1 x, 2 gamma, 3 saved_mean, 4 saved_inv_std, 5 y (optional): if batch_norm had a
//            fused relu; dy is then masked to y > 0
//   outputs  0 dx, 1 dgamma, 2 dbeta, 3 dz = dy where y > 0, else 0: only with the attribute "addend"
// Attributes: "addend" (0): 1 requests dz, the gradient of batch_norm's addend, if y is given; without y, dz
// is dy itself.
// With h = (x - mean) * inv_std over M rows: dbeta = sum dy, dgamma = sum dy h,
// dx = gamma * inv_std * (dy - dbeta / M - h * dgamma / M).
#pragma once

#include "core/ops/batch_norm.h"

namespace tandem::ops {
extern const OpDef batch_norm_grad;
bool wantsAddendGradient(const Attrs& attrs);
}  // namespace tandem::ops
