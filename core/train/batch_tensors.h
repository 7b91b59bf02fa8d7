// The tensors of a dataset that a plan needs.
#pragma once

#include <vector>

#include "core/data/dataset.h"
#include "core/runtime/plan.h"

namespace tandem {

// Of the data that the plan was compiled for, in the order of the plan's inputs and in the form that it takes.
std::vector<BatchTensor> batchTensors(const Plan& plan);

// The index of the input of a phase whose value is `value`. There must be one.
std::size_t inputOf(const PhasePlan& phase, ValueId value);

}  // namespace tandem
