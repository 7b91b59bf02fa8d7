#include "core/ops/gru_grad.h"

#include "gpu/recurrent.cuh"

namespace tandem::cuda {

extern const KernelList gru_grad;
const KernelList gru_grad = {{"cuda", makeRecurrentGrad<ops::GruCell>}};

}  // namespace tandem::cuda
