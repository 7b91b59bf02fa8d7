// The search of the optimizers' kernels for numbers that are not finite (core/ops/update_faults.h).
#pragma once

#include <atomic>
#include <cstdint>

#include "core/ops/update_faults.h"

namespace tandem::cpu {

// 0, or NaN if x is not finite: kernels add it up in the loop that has x in a register, because a sum costs a loop that
// waits for memory nothing, and search only if the sum is not 0.
inline float faultProbe(float x) {
  return x - x;
}

// Raises the fault to the place of the last of the elements [begin, end) that is not finite. Threads search at once.
// first: the place of x[0] in the parameter block.
inline void noteFault(const float* x, std::int64_t begin, std::int64_t end, std::int64_t first,
                      float& fault) {
  std::int64_t last = end - 1;
  while (last >= begin && !notFinite(x[last])) --last;
  if (last < begin) return;
  const float place = faultPlace(first + last);
  const std::atomic_ref<float> shared(fault);
  float before = shared.load(std::memory_order_relaxed);
  while (before < place && !shared.compare_exchange_weak(before, place, std::memory_order_relaxed)) continue;
}

}  // namespace tandem::cpu
