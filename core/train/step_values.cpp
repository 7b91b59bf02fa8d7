#include "core/train/step_values.h"

#include "core/ops/step_corrections.h"

namespace tandem {

std::array<float, kStepSlots> stepValues(const OptimizerConfig& optimizer, std::int64_t step, double rate,
                                         std::int64_t validRows) {
  std::array<float, kStepSlots> block{};
  block[kStepLearningRate] = static_cast<float>(rate);
  block[kStepLossScale] = 1.0f;
  block[kStepValidRows] = static_cast<float>(validRows);
  block[kStepLow] = static_cast<float>(step & 0xFFFFF);
  block[kStepHigh] = static_cast<float>(step >> 20);
  StepCorrections::from(biasAttrs(optimizer)).write(static_cast<double>(step), block.data());
  return block;
}

}  // namespace tandem
