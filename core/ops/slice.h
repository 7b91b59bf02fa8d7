// slice: the part [begin, begin + extent) of one axis.
#pragma once

#include "core/ops/concat.h"

namespace tandem::ops {

// Operand: 0 x. Attributes: axis (from the end if negative), begin, extent (at least 1).
extern const OpDef slice;

struct SliceGeometry {
  AxisView from;  // of the operand
  std::int64_t begin = 0, extent = 0;

  static Result<SliceGeometry> of(const Attrs& attrs, const Shape& shape);
};

}  // namespace tandem::ops
