// Convolutions as matrix products over unrolled windows (im2col), for all three convolution ops, with groups
// and dilation.
#pragma once

#include "core/cpu/kernel.h"
#include "core/ops/conv2d.h"

namespace tandem::cpu {

Result<std::unique_ptr<Kernel>> makeEigenConv(const KernelRequest& request, ops::ConvPass pass);

}  // namespace tandem::cpu
