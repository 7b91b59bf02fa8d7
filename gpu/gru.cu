#include "core/ops/gru.h"

#include "gpu/recurrent.cuh"

namespace tandem::cuda {

extern const KernelList gru;
const KernelList gru = {{"cuda", makeRecurrent<ops::GruCell>}};

}  // namespace tandem::cuda
