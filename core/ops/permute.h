// permute: the dimensions of each sample in another order: y[b, i...] = x[b, j...] with i_n = j_order(n).
//   inputs   0 x (batch, ...)
//   outputs  0 y
// Attribute: "order", the dimensions of x after the batch, from 1, in the order that y has them.
#pragma once

#include "core/ops/broadcast.h"
#include "core/ops/op.h"

namespace tandem::ops {

extern const OpDef permute;

struct PermuteGeometry {
  Shape result;
  std::vector<std::int64_t> order;
  // The axes of the result; `first` is the distance of neighbors in x.
  BroadcastAxes axes;

  static Result<PermuteGeometry> from(const Attrs& attrs, const Shape& x);
};

}  // namespace tandem::ops
