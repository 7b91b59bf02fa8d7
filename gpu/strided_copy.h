#pragma once

#include <cstdint>

#include "gpu/check.h"

namespace tandem::cuda {

// Copies `rows` runs of `width` bytes; consecutive runs start `fromStride` and `toStride` bytes apart. All
// of these and the addresses are multiples of `unit`, 2 or 4.
Status stridedCopy(cudaStream_t stream, std::int64_t unit, void* to, std::int64_t toStride, const void* from,
                   std::int64_t fromStride, std::int64_t width, std::int64_t rows);

}  // namespace tandem::cuda
