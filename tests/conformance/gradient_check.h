// Checks an op's gradient rule against finite differences of its definition, both in double precision.
#pragma once

#include <string>

#include "core/ops/op.h"

namespace tandem::conformance {

// Returns the problem, or an empty string if the rule is correct. Only output 0 is treated as differentiable:
// the others are statistics, saved intermediates or metrics.
std::string checkGradient(const OpDef& op, const Sample& sample);

}  // namespace tandem::conformance
