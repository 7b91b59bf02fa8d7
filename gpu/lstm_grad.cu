#include "core/ops/lstm_grad.h"

#include "gpu/recurrent.cuh"

namespace tandem::cuda {

extern const KernelList lstm_grad;
const KernelList lstm_grad = {{"cuda", makeRecurrentGrad<ops::LstmCell>}};

}  // namespace tandem::cuda
