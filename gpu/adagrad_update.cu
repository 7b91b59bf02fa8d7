#include "core/ops/adagrad_update.h"

#include "gpu/update.cuh"

namespace tandem::cuda {

extern const KernelList adagrad_update;
const KernelList adagrad_update = {{"cuda", makeUpdate<ops::AdagradRule>}};

}  // namespace tandem::cuda
