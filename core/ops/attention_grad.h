// attention_grad: the gradients of attention, from the scores computed again.
//   inputs   0 dy, 1 q, 2 k, 3 v, 4 y, 5 lse, 6 lengths: optional
//   outputs  0 dq, 1 dk, 2 dv
// Attributes: those of attention.
// With p = exp(scale q k^T - lse) and ds = p (dy v^T - rowsum(dy y)):
// dq = scale ds k, dk = scale ds^T q, dv = p^T dy, where dk and dv are sums over the heads that share a key. Keys that no
// query sees have the gradient 0.
#pragma once

#include "core/ops/attention.h"

namespace tandem::ops {
extern const OpDef attention_grad;
}  // namespace tandem::ops
