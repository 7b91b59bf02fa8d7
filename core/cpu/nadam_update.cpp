#include "core/ops/nadam_update.h"

#include "core/cpu/update_kernel.h"

namespace tandem::cpu {

extern const KernelList nadam_update;
const KernelList nadam_update = {{"simd", makeUpdate<ops::NadamRule>}};

}  // namespace tandem::cpu
