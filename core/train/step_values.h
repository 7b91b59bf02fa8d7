// The values of the step block for one pass (core/ops/step_block.h).
#pragma once

#include <array>
#include <cstdint>

#include "core/network/project.h"
#include "core/ops/step_block.h"

namespace tandem {

// The values depend on nothing but the arguments, so that a run resumes at any step.

// Of a step that is an update. step: from 1. The optimizer's corrections are those of its step-th update
// (core/ops/step_corrections.h).
std::array<float, kStepSlots> stepValues(const OptimizerConfig& optimizer, std::int64_t step, double rate,
                                         std::int64_t validRows);

struct BatchPosition {
  std::int64_t step = 0;   // steps completed before it
  std::int64_t batch = 0;  // its index in the epoch
  std::int64_t batchesPerEpoch = 1;
};

// Whether a step updates the weights, rather than only accumulate gradients (TrainingConfig::accumulate): the last batch
// of each update and of each epoch does.
bool updatesWeights(const TrainingConfig& training, const BatchPosition& at);

// Of a step of a run.
std::array<float, kStepSlots> stepValues(const TrainingConfig& training, const BatchPosition& at, double rate,
                                         std::int64_t validRows);

}  // namespace tandem
