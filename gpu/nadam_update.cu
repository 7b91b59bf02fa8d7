#include "core/ops/nadam_update.h"

#include "gpu/update.cuh"

namespace tandem::cuda {

extern const KernelList nadam_update;
const KernelList nadam_update = {{"cuda", makeUpdate<ops::NadamRule>}};

}  // namespace tandem::cuda
