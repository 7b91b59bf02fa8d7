#include "core/ops/lstm_grad.h"

#include "core/cpu/recurrent_kernel.h"

namespace tandem::cpu {

extern const KernelList lstm_grad;
const KernelList lstm_grad = {{"simd", makeRecurrentGrad<ops::LstmCell>}};

}  // namespace tandem::cpu
