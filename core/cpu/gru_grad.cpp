#include "core/ops/gru_grad.h"

#include "core/cpu/recurrent_kernel.h"

namespace tandem::cpu {

extern const KernelList gru_grad;
const KernelList gru_grad = {{"simd", makeRecurrentGrad<ops::GruCell>}};

}  // namespace tandem::cpu
