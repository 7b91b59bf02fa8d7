#include "core/ops/loss_scale_update.h"

#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

using In = ops::LossScaleUpdateIn;
using Out = ops::LossScaleUpdateOut;

struct Reports {
  float* out[3];  // nullptr where not needed
};

// A few scalars, so one thread.
__global__ void updateKernel(ops::LossScaleRule rule, const float* norm, const float* step, float* scale,
                             float* stepOut, Reports reports) {
  float values[3];
  rule(*norm, step, scale, stepOut, values);
  for (int i = 0; i < 3; ++i)
    if (reports.out[i]) *reports.out[i] = values[i];
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  return makeKernel(
      [rule = ops::LossScaleRule::from(request.attrs())](cudaStream_t stream, const Operands& o) {
        const Reports reports{
            {o.output<float>(Out::kNorm), o.output<float>(Out::kLossScale), o.output<float>(Out::kSkipped)}};
        return launch("loss_scale_update", updateKernel, dim3(1), dim3(1), stream, rule,
                      o.input<float>(In::kNorm), o.input<float>(In::kStep), o.output<float>(Out::kScale),
                      o.output<float>(Out::kStep), reports);
      });
}

}  // namespace

extern const KernelList loss_scale_update;
const KernelList loss_scale_update = {{"cuda", make}};

}  // namespace tandem::cuda
