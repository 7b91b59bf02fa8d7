// Explicit padding for windows that cuDNN's symmetric padding cannot express (an odd "same" padding).
#pragma once

#include <cstdint>

#include "core/tensor/tensor.h"
#include "gpu/check.h"

namespace tandem::cuda {

// Moves an image (n, fromH, fromW, c) into (n, toH, toW, c) with its corner at (top, left) of the
// target, or cropped where these are negative; the rest becomes 0. Both have fewer than 2^31 elements.
struct PadGeometry {
  int n, c, fromH, fromW, toH, toW, top, left;
};
Status padImage(cudaStream_t stream, DType dtype, const void* from, void* to, const PadGeometry& g);

}  // namespace tandem::cuda
