// The kernels that a plan runs, for the record.
#pragma once

#include <string>

#include "core/runtime/plan.h"

namespace tandem {

// "adam_update: avx, matmul: onednn small": by op, whatever their order in the plan.
std::string kernelsOf(const Plan& plan);

}  // namespace tandem
