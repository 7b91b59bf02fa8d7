// combine: y = f(a, b) * factor, elementwise; functions in combine_kind.h. Along axes where the extent of an operand is 1,
// it counts as repeated (broadcast.h).
#pragma once

#include "core/ops/combine_kind.h"
#include "core/ops/op.h"

namespace tandem::ops {

// Operands: 0 a, 1 b, of the same rank and type. Result: of that type, with the larger of their extents.
extern const OpDef combine;

// Attributes of combine and combine_grad.
struct CombineAttrs {
  CombineKind kind = CombineKind::Add;
  double factor = 1;

  static Result<CombineAttrs> from(const Attrs& attrs);  // keys "kind", "factor"
  Attrs attrs() const;
};

}  // namespace tandem::ops
