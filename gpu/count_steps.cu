#include "core/ops/count_steps.h"

#include "core/ops/step_block.h"
#include "core/ops/steps.h"
#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

// One number per batch, so a single thread adds the lengths: the sum is exact and its order fixed.
__global__ void countStepsKernel(const std::int32_t* lengths, const float* step, float* y, int samples,
                                 int steps) {
  const std::int64_t rows = validRows(step, samples);
  std::int64_t sum = 0;
  for (std::int64_t n = 0; n < rows; ++n) sum += ops::validSteps(lengths[n], steps);
  *y = static_cast<float>(sum);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (!fits32(request.in(0).shape[0])) return refuse("more than 2^31 elements");
  const int samples = static_cast<int>(request.in(0).shape[0]);
  const int steps = static_cast<int>(request.attrs().integer("steps", 0));
  return makeKernel([samples, steps](cudaStream_t stream, const Operands& o) -> Status {
    return launch("count_steps", countStepsKernel, dim3(1), dim3(1), stream, o.input<std::int32_t>(0),
                  o.input<float>(1), o.output<float>(0), samples, steps);
  });
}

}  // namespace

extern const KernelList count_steps;
const KernelList count_steps = {{"cuda", make}};

}  // namespace tandem::cuda
