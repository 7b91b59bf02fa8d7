// zero_pad: zeros before and after the values along an axis; the gradient of slice.
#pragma once

#include "core/ops/concat.h"

namespace tandem::ops {

// Operand: 0 x. Attributes: axis (from the end if negative), before, after (how many zeros).
extern const OpDef zero_pad;

struct ZeroPadGeometry {
  AxisView from;  // of the operand
  std::int64_t before = 0, after = 0;

  std::int64_t extent() const { return before + from.extent + after; }  // of the result
  static Result<ZeroPadGeometry> of(const Attrs& attrs, const Shape& shape);
};

}  // namespace tandem::ops
