// Checks an op's gradient rule against finite differences of its definition, both in double precision.
#pragma once

#include <string>

#include "core/ops/op.h"

namespace tandem::conformance {

// Empty when the rule is right. Only output 0 is taken as differentiable: the others are statistics,
// saved intermediates or metrics.
std::string checkGradient(const OpDef& op, const Sample& sample);

}  // namespace tandem::conformance
