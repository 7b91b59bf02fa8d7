#include "core/train/step_values.h"

#include "core/ops/step_corrections.h"

namespace tandem {
namespace {

void writeStepNumber(std::int64_t step, float* block) {
  block[kStepLow] = static_cast<float>(step & 0xFFFFF);
  block[kStepHigh] = static_cast<float>(step >> 20);
}

}  // namespace

std::array<float, kStepSlots> stepValues(const OptimizerConfig& optimizer, std::int64_t step, double rate,
                                         std::int64_t validRows) {
  std::array<float, kStepSlots> block{};
  block[kStepLearningRate] = static_cast<float>(rate);
  block[kStepLossScale] = 1.0f;
  block[kStepValidRows] = static_cast<float>(validRows);
  writeStepNumber(step, block.data());
  StepCorrections::from(biasAttrs(optimizer)).write(static_cast<double>(step), block.data());
  block[kStepUpdate] = static_cast<float>(step);
  block[kStepGradientShare] = 1.0f;
  return block;
}

bool updatesWeights(const TrainingConfig& training, const BatchPosition& at) {
  return (at.batch + 1) % training.accumulate == 0 || at.batch + 1 >= at.batchesPerEpoch;
}

std::array<float, kStepSlots> stepValues(const TrainingConfig& training, const BatchPosition& at, double rate,
                                         std::int64_t validRows) {
  const std::int64_t each = training.accumulate, inUpdate = at.batch % each;
  // Steps of the epochs before, whose last updates may have fewer batches.
  const std::int64_t before = at.step - at.batch, perEpoch = at.batchesPerEpoch;
  const std::int64_t updates =
      before / perEpoch * ((perEpoch - 1) / each + 1) + before % perEpoch / each + at.batch / each;
  auto block = stepValues(training.optimizer, updates + 1, rate, validRows);
  writeStepNumber(at.step + 1, block.data());
  const bool last = updatesWeights(training, at);
  block[kStepSkip] = last ? 0.0f : 1.0f;
  if (last && training.average > 0)
    block[kStepWeightShare] =
        StepCorrections::weightShare(training.average, static_cast<double>(updates + 1));
  // Only the last batch of an epoch may have fewer rows than the others.
  if (inUpdate > 0)
    block[kStepGradientShare] = static_cast<float>(
        static_cast<double>(validRows) / static_cast<double>(inUpdate * training.batch + validRows));
  return block;
}

}  // namespace tandem
