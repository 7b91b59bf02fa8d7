#include "core/ops/loss_scale_update.h"

#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

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
        const Reports reports{{o.output<float>(2), o.output<float>(3), o.output<float>(4)}};
        return launch("loss_scale_update", updateKernel, dim3(1), dim3(1), stream, rule, o.input<float>(1),
                      o.input<float>(2), o.output<float>(0), o.output<float>(1), reports);
      });
}

}  // namespace

extern const KernelList loss_scale_update;
const KernelList loss_scale_update = {{"cuda", make}};

}  // namespace tandem::cuda
