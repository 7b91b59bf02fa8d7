// Tests whether a library's fused epilogue propagates NaN, as the op definitions require so that failed
// training is visible. This is not documented, so each fused kernel is tested once before its first run.
#pragma once

#include "core/tensor/tensor.h"
#include "gpu/check.h"

namespace tandem::cuda {

// Whether the first element of y is NaN after the work queued on the stream. Not while capturing.
Result<bool> firstIsNan(cudaStream_t stream, DType dtype, const void* y);

}  // namespace tandem::cuda
