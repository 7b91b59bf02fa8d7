#pragma once

#include <cstdint>

#include "core/tensor/tensor.h"
#include "gpu/check.h"

namespace tandem::cuda {

// Converts n elements between f32, bf16, f16 and i32; other types are a bug in the caller.
Status convert(cudaStream_t stream, DType fromType, const void* from, DType toType, void* to, std::int64_t n);

}  // namespace tandem::cuda
