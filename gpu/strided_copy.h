#pragma once

#include <cstdint>

#include "gpu/check.h"

namespace tandem::cuda {

// Copies `rows` runs of `width` 4-byte elements; consecutive runs start `fromStride` and `toStride`
// elements apart.
Status stridedCopy(cudaStream_t stream, void* to, std::int64_t toStride, const void* from,
                   std::int64_t fromStride, std::int64_t width, std::int64_t rows);

}  // namespace tandem::cuda
