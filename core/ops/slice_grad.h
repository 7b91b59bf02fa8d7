// slice_grad: the gradient of slice. Places the operand at [begin, begin + its extent) of an axis of `size`; the rest of
// the result is zero.
#pragma once

#include "core/ops/concat.h"

namespace tandem::ops {

// Operand: 0 dy. Attributes: axis (from the end if negative), begin, size.
extern const OpDef slice_grad;

struct SliceGradGeometry {
  AxisView from;  // of the operand
  std::int64_t begin = 0, size = 0;

  static Result<SliceGradGeometry> of(const Attrs& attrs, const Shape& shape);
};

}  // namespace tandem::ops
