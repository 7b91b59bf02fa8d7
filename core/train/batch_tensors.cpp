#include "core/train/batch_tensors.h"

#include <algorithm>

namespace tandem {

std::vector<BatchTensor> batchTensors(const Plan& plan) {
  std::vector<BatchTensor> tensors;
  for (std::size_t i = 0; i < plan.inputs().size(); ++i)
    tensors.push_back({plan.inputs()[i].tensor, plan.inputType(i).dtype == DType::U8});
  return tensors;
}

std::size_t inputOf(const PhasePlan& phase, ValueId value) {
  const auto input = std::ranges::find(phase.inputs, value, &PlanInput::value);
  TANDEM_CHECK(input != phase.inputs.end(), "an input of the plan");
  return static_cast<std::size_t>(input - phase.inputs.begin());
}

}  // namespace tandem
