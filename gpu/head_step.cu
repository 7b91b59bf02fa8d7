#include "core/ops/head_step.h"

#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

// count: replaces the valid rows; nullptr: they are those of the step.
__global__ void headKernel(const float* step, const float* count, float rows, float weight, float* out) {
  const int i = static_cast<int>(threadIdx.x);
  if (i >= kStepSlots) return;
  const float value = i == kStepValidRows && count ? *count : step[i];
  out[i] = value * (i == kStepValidRows ? rows : i == kStepLossScale ? weight : 1.0f);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  const auto rows = static_cast<float>(request.attrs().integer("rows", 1));
  const auto weight = static_cast<float>(request.attrs().number("weight", 1));
  const bool counted = request.call.hasOperand(1);
  return makeKernel([rows, weight, counted](cudaStream_t stream, const Operands& o) {
    return launch("head_step", headKernel, dim3(1), dim3(32), stream, o.input<float>(0),
                  counted ? o.input<float>(1) : nullptr, rows, weight, o.output<float>(0));
  });
}

}  // namespace

extern const KernelList head_step;
const KernelList head_step = {{"cuda", make}};

}  // namespace tandem::cuda
