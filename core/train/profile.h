// A timed pass, summed by part and by layer.
#pragma once

#include <span>

#include "core/runtime/backend.h"
#include "core/train/observer.h"

namespace tandem {

// Layers stand in the order of their first node; nodes without a layer count for their part only.
ProfileRecord aggregateProfile(const Program& program, std::span<const NodeTime> times,
                               const MemoryUse& memory, std::int64_t step);

}  // namespace tandem
