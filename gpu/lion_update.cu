#include "core/ops/lion_update.h"

#include "gpu/update.cuh"

namespace tandem::cuda {

extern const KernelList lion_update;
const KernelList lion_update = {{"cuda", makeUpdate<ops::LionRule>}};

}  // namespace tandem::cuda
