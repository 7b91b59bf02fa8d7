// The kernels of matmul, best first for the sizes that they accept.
#pragma once

#include "core/cpu/kernel_of.h"

namespace tandem::cpu {

KernelResult makeSmallMatmul(const KernelRequest& request);   // matmul_small.cpp
KernelResult makeOnednnMatmul(const KernelRequest& request);  // matmul_onednn.cpp
KernelResult makeEigenMatmul(const KernelRequest& request);   // matmul_eigen.cpp

}  // namespace tandem::cpu
