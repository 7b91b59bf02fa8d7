#include "core/ops/adadelta_update.h"

#include "core/cpu/update_kernel.h"

namespace tandem::cpu {

extern const KernelList adadelta_update;
const KernelList adadelta_update = {{"simd", makeUpdate<ops::AdadeltaRule>}};

}  // namespace tandem::cpu
