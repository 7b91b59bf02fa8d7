#include "core/ops/adadelta_update.h"

#include "gpu/update.cuh"

namespace tandem::cuda {

extern const KernelList adadelta_update;
const KernelList adadelta_update = {{"cuda", makeUpdate<ops::AdadeltaRule>}};

}  // namespace tandem::cuda
