#pragma once

#include <memory>

#include "core/runtime/backend.h"

namespace tandem::cpu {

inline constexpr int kSessionDepth = 1;  // a pass is done when submit() returns

// Allocates all memory of the plan and creates its kernels.
Result<std::unique_ptr<Session>> openSession(std::shared_ptr<const Plan> plan, const Cancelled& cancelled);

}  // namespace tandem::cpu
