// How much of a device's memory is reserved for what is not in a plan.
#pragma once

#include "core/runtime/gpu_budget.h"

namespace tandem::cuda {

using tandem::assumedContextBytes, tandem::workspaceLimit;

}  // namespace tandem::cuda
