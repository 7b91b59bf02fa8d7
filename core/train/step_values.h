// The values of the step block for one pass (core/ops/step_block.h).
#pragma once

#include <array>
#include <cstdint>

#include "core/network/project.h"
#include "core/ops/step_block.h"

namespace tandem {

// step: from 1. Bias corrections are computed in double, because 1 - beta^t in float loses half its digits in
// the first steps.
std::array<float, kStepSlots> stepValues(const OptimizerConfig& optimizer, std::int64_t step, double rate,
                                         std::int64_t validRows);

}  // namespace tandem
