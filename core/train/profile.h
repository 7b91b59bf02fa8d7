// Sums a timed pass by part and by layer.
#pragma once

#include <span>

#include "core/runtime/backend.h"
#include "core/train/observer.h"

namespace tandem {

// Layers are in the order of their first node; nodes without a layer count only for their part.
ProfileRecord aggregateProfile(const Program& program, std::span<const NodeTime> times,
                               const MemoryUse& memory, std::int64_t step);

}  // namespace tandem
