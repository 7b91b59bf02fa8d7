#include "core/ops/adagrad_update.h"

#include "core/cpu/update_kernel.h"

namespace tandem::cpu {

extern const KernelList adagrad_update;
const KernelList adagrad_update = {{"simd", makeUpdate<ops::AdagradRule>}};

}  // namespace tandem::cpu
