#include "core/ops/adam_update.h"

#include "core/cpu/update_kernel.h"

namespace tandem::cpu {

extern const KernelList adam_update;
const KernelList adam_update = {{"simd", makeUpdate<ops::AdamRule>}};

}  // namespace tandem::cpu
