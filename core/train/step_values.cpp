#include "core/train/step_values.h"

#include <cmath>

namespace tandem {

std::array<float, kStepSlots> stepValues(const OptimizerConfig& optimizer, std::int64_t step, double rate,
                                         std::int64_t validRows) {
  std::array<float, kStepSlots> block{};
  block[kStepLearningRate] = static_cast<float>(rate);
  block[kStepLossScale] = 1.0f;
  block[kStepValidRows] = static_cast<float>(validRows);
  block[kStepLow] = static_cast<float>(step & 0xFFFFF);
  block[kStepHigh] = static_cast<float>(step >> 20);
  block[kStepBias1] = block[kStepBias2] = 1.0f;
  if (optimizer.kind == OptimizerKind::Adam || optimizer.kind == OptimizerKind::AdamW) {
    const double t = static_cast<double>(step);
    block[kStepBias1] = static_cast<float>(1.0 - std::pow(optimizer.beta1, t));
    block[kStepBias2] = static_cast<float>(1.0 - std::pow(optimizer.beta2, t));
  }
  return block;
}

}  // namespace tandem
