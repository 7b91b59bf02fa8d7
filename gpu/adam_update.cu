#include "core/ops/adam_update.h"

#include "gpu/update.cuh"

namespace tandem::cuda {

extern const KernelList adam_update;
const KernelList adam_update = {{"cuda", makeUpdate<ops::AdamRule>}};

}  // namespace tandem::cuda
