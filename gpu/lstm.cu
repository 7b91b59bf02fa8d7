#include "core/ops/lstm.h"

#include "gpu/recurrent.cuh"

namespace tandem::cuda {

extern const KernelList lstm;
const KernelList lstm = {{"cuda", makeRecurrent<ops::LstmCell>}};

}  // namespace tandem::cuda
