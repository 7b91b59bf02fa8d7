#include "core/ops/sgd_update.h"

#include "core/cpu/update_kernel.h"

namespace tandem::cpu {

extern const KernelList sgd_update;
const KernelList sgd_update = {{"simd", makeUpdate<ops::SgdRule>}};

}  // namespace tandem::cpu
