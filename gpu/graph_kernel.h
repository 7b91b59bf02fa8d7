// The kernels of the convolution ops over cuDNN's graph interface.
#pragma once

#include "core/ops/conv2d.h"
#include "gpu/kernel.h"

namespace tandem::cuda {

// `operands`: their type. Refuses what has no plan.
Result<std::unique_ptr<Kernel>> makeGraphKernel(const KernelRequest& request, ops::ConvPass pass,
                                                const ops::Conv2dGeometry& geometry, DType operands);

}  // namespace tandem::cuda
