#include "core/ops/rmsprop_update.h"

#include "gpu/update.cuh"

namespace tandem::cuda {

extern const KernelList rmsprop_update;
const KernelList rmsprop_update = {{"cuda", makeUpdate<ops::RmspropRule>}};

}  // namespace tandem::cuda
