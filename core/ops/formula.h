// formula: y = f(x0, x1, ...), elementwise, where f is any formula of the operands (formula_graph.h). It is one pass
// over memory, and so is its gradient with respect to an operand, which is a formula, too.
#pragma once

#include "core/ops/formula_graph.h"
#include "core/ops/op.h"

namespace tandem::ops {

// Operands: up to Formula::kMaxOperands of one type, with the rank of the result, or with one axis: the last one. Their
// extents are those of the result or 1, which counts as repeated. Attributes: Formula::attrs().
extern const OpDef formula;

}  // namespace tandem::ops
