#include "core/ops/lstm.h"

#include "core/cpu/recurrent_kernel.h"

namespace tandem::cpu {

extern const KernelList lstm;
const KernelList lstm = {{"simd", makeRecurrent<ops::LstmCell>}};

}  // namespace tandem::cpu
