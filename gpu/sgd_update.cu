#include "core/ops/sgd_update.h"

#include "gpu/update.cuh"

namespace tandem::cuda {

extern const KernelList sgd_update;
const KernelList sgd_update = {{"cuda", makeUpdate<ops::SgdRule>}};

}  // namespace tandem::cuda
