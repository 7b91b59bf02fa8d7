// The oneDNN kernels of the three convolution ops.
#pragma once

#include "core/cpu/kernel.h"
#include "core/ops/conv2d.h"

namespace tandem::cpu {

Result<std::unique_ptr<Kernel>> makeOnednnConv(const KernelRequest& request, ops::ConvPass pass);

}  // namespace tandem::cpu
