// concat: joins tensors along one axis.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: one or more with equal dimensions except along the axis. Attribute: axis (-1, counted from the
// end if negative). Its gradient is a slice per operand.
extern const OpDef concat;

// A row-major tensor viewed as (outer, extent, inner) around an axis. axis < 0 counts from the end.
struct AxisView {
  int axis = 0;
  std::int64_t outer = 1, extent = 0, inner = 1;

  static Result<AxisView> of(const Shape& shape, std::int64_t axis);
};

}  // namespace tandem::ops
