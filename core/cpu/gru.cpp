#include "core/ops/gru.h"

#include "core/cpu/recurrent_kernel.h"

namespace tandem::cpu {

extern const KernelList gru;
const KernelList gru = {{"simd", makeRecurrent<ops::GruCell>}};

}  // namespace tandem::cpu
