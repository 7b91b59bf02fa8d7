#include "core/ops/rmsprop_update.h"

#include "core/cpu/update_kernel.h"

namespace tandem::cpu {

extern const KernelList rmsprop_update;
const KernelList rmsprop_update = {{"simd", makeUpdate<ops::RmspropRule>}};

}  // namespace tandem::cpu
