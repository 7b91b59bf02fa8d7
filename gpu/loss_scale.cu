#include "core/ops/loss_scale.h"

#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

__global__ void scaleKernel(const float* step, const float* scale, float* out) {
  const int i = static_cast<int>(threadIdx.x);
  if (i < kStepSlots) out[i] = i == kStepLossScale ? scale[kLossScaleValue] : step[i];
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest&) {
  return makeKernel([](cudaStream_t stream, const Operands& o) {
    return launch("loss_scale", scaleKernel, dim3(1), dim3(32), stream, o.input<float>(0), o.input<float>(1),
                  o.output<float>(0));
  });
}

}  // namespace

extern const KernelList loss_scale;
const KernelList loss_scale = {{"cuda", make}};

}  // namespace tandem::cuda
