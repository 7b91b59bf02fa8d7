// The step block: f32 scalars that change from step to step, written before each step, so that a
// captured CUDA graph never needs to be captured again. Integers are exact: step = high * 2^20 + low.
#pragma once

#include <cstdint>

#include "core/base/philox.h"

namespace tandem {

enum StepSlot : int {
  kStepLearningRate = 0,
  kStepLossScale = 1,  // multiplies the loss gradient (1 in fp32)
  kStepValidRows = 2,  // rows of the batch that count; the rest is padding
  kStepLow = 3,        // step number modulo 2^20
  kStepHigh = 4,       // step number divided by 2^20
  // The factors of an optimizer for its t-th update, t from 1 (step_corrections.h).
  kStepBias1 = 5,  // 1 - beta1^t
  kStepBias2 = 6,  // 1 - beta2^t
  // Not 0: the optimizer leaves the parameters unchanged, because further batches belong to the update
  // (accumulate_gradient.h) or because of an overflow in fp16.
  kStepSkip = 7,
  kStepNadamGradient = 8,   // (1 - mu_t) / (1 - mu_1 ... mu_t)
  kStepNadamMoment = 9,     // mu_(t+1) / (1 - mu_1 ... mu_(t+1))
  kStepUpdate = 10,         // t; beyond 2^24 rounded, where the factors no longer depend on its last digits
  kStepGradientShare = 11,  // of this batch in the mean of the gradients so far; 1 for the first
  kStepWeightShare = 12,    // of the weights after this step in their average so far; 0: no update
  kStepSlots = 13,
};

TANDEM_HD inline std::uint64_t stepNumber(const float* block) {
  return static_cast<std::uint64_t>(block[kStepHigh]) * 1048576u +
         static_cast<std::uint64_t>(block[kStepLow]);
}

// The number of valid rows in a batch of `rows`; 0 if the slot contains NaN.
TANDEM_HD inline std::int64_t validRows(const float* block, std::int64_t rows) {
  const float valid = block[kStepValidRows];
  if (valid >= static_cast<float>(rows)) return rows;
  return valid > 0 ? static_cast<std::int64_t>(valid) : 0;
}

}  // namespace tandem
