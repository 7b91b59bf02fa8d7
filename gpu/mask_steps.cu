#include "core/ops/mask_steps.h"

#include "core/ops/steps.h"
#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

using ops::AfterEnd;

// A thread computes V adjacent values of one step.
template <class T, int V>
__global__ void __launch_bounds__(kThreads) maskStepsKernel(const T* x, const std::int32_t* lengths, T* y,
                                                            AfterEnd after, int steps, int width, int count) {
  const unsigned at = blockIdx.x * kThreads + threadIdx.x;  // may exceed an int in the last block
  if (at >= static_cast<unsigned>(count)) return;
  const int i = static_cast<int>(at);
  const int perStep = width / V, row = i / perStep, step = row % steps;
  const int valid = ops::validSteps(lengths[row / steps], steps);
  const std::int64_t own = static_cast<std::int64_t>(i) * V;
  const auto of = [&](int other) { return x + own + static_cast<std::int64_t>(other - step) * width; };
  float v[V] = {};
  if (step < valid)
    loadVector<V>(x + own, v);
  else if (after == AfterEnd::Repeat)
    loadVector<V>(of(valid - 1), v);
  if (after == AfterEnd::Collect && step == valid - 1)
    for (int other = valid; other < steps; ++other) {
      float more[V];
      loadVector<V>(of(other), more);
#pragma unroll
      for (int j = 0; j < V; ++j) v[j] += more[j];
    }
  storeVector<V>(v, y + own);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  TANDEM_ASSIGN(const AfterEnd after, ops::afterEnd(request.attrs()));
  const std::int64_t elements = request.in(0).shape.elements();
  if (!fits32(elements)) return refuse("more than 2^31 elements");
  const auto s = ops::Sequence::of(request.in(0).shape);
  const int steps = static_cast<int>(s.steps), width = static_cast<int>(s.width);
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel(
        [=, outputs = static_cast<int>(elements)](cudaStream_t stream, const Operands& o) -> Status {
          if (outputs == 0) return success();
          constexpr int kWide = kPerAccess<T>;
          const auto* x = o.input<T>(0);
          auto* y = o.output<T>(0);
          const bool vectors = width % kWide == 0 && aligned16(x) && aligned16(y);
          const int count = vectors ? outputs / kWide : outputs;
          const auto kernel = vectors ? maskStepsKernel<T, kWide> : maskStepsKernel<T, 1>;
          return launch("mask_steps", kernel, blocksFor(count), kThreads, stream, x, o.input<std::int32_t>(1),
                        y, after, steps, width, count);
        });
  });
}

}  // namespace

extern const KernelList mask_steps;
const KernelList mask_steps = {{"cuda", make}};

}  // namespace tandem::cuda
