// Whether what a library fused lets NaN pass, as the ops' definitions ask, so that a run that has gone wrong
// is seen to: nowhere promised, so it is asked of each fused kernel once, before its first run.
#pragma once

#include "core/tensor/tensor.h"
#include "gpu/check.h"

namespace tandem::cuda {

// Whether the first element of y is NaN once the stream has come that far. Not while capturing.
Result<bool> firstIsNan(cudaStream_t stream, DType dtype, const void* y);

}  // namespace tandem::cuda
