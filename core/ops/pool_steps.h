// pool_steps: one vector per sequence, from the steps up to the end of each sample.
// x (N, steps, C), optionally lengths i32 (N) -> y (N, C)
// Attribute "mode": mean | max | last. A NaN makes the maximum NaN.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

extern const OpDef pool_steps;

enum class StepPooling : std::uint8_t { Mean, Max, Last };
Result<StepPooling> stepPooling(const Attrs& attrs);

}  // namespace tandem::ops
