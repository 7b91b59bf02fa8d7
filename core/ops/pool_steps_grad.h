// pool_steps_grad: dx of pool_steps. x (N, steps, C) and y (N, C) of the maximum, else absent; dy (N, C); optionally lengths
// i32 (N) -> dx (N, steps, C), 0 after the end of each sample
// Attributes: "mode" of pool_steps, "steps". The first step that equals the maximum gets dy.
#pragma once

#include "core/ops/pool_steps.h"
#include "core/ops/steps.h"

namespace tandem::ops {

extern const OpDef pool_steps_grad;

// Of dx, from the operands.
Result<Sequence> stepPoolingGradient(const Attrs& attrs, std::span<const TensorType> operands);

}  // namespace tandem::ops
