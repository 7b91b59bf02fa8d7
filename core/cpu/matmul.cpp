#include "core/ops/matmul.h"

#include "core/cpu/matmul_kernels.h"

namespace tandem::cpu {

extern const KernelList matmul;
const KernelList matmul = {
    {"small", makeSmallMatmul},
    {"onednn", makeOnednnMatmul},
    {"eigen", makeEigenMatmul},
};

}  // namespace tandem::cpu
