// The values of the step block for one pass (core/ops/step_block.h).
#pragma once

#include <array>
#include <cstdint>

#include "core/network/project.h"
#include "core/ops/step_block.h"

namespace tandem {

// step: from 1. The optimizer's corrections are those of its step-th update (core/ops/step_corrections.h). The values
// depend on nothing but the arguments, so that a run resumes at any step.
std::array<float, kStepSlots> stepValues(const OptimizerConfig& optimizer, std::int64_t step, double rate,
                                         std::int64_t validRows);

}  // namespace tandem
