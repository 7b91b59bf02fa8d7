#include "core/ops/lion_update.h"

#include "core/cpu/update_kernel.h"

namespace tandem::cpu {

extern const KernelList lion_update;
const KernelList lion_update = {{"simd", makeUpdate<ops::LionRule>}};

}  // namespace tandem::cpu
