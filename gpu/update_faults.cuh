// The search of the optimizers' kernels for numbers that are not finite (core/ops/update_faults.h).
#pragma once

#include <cstdint>

#include "core/ops/update_faults.h"
#include "gpu/launch.h"

namespace tandem::cuda {

// Raises the fault to the place of element i if x, its value, is not finite. The bits of floats that are not negative have
// the order of their values, and a maximum does not depend on the order of the threads.
__device__ inline void noteFault(float x, std::int64_t i, float* fault) {
  if (notFinite(x)) atomicMax(reinterpret_cast<int*>(fault), __float_as_int(faultPlace(i)));
}

}  // namespace tandem::cuda
