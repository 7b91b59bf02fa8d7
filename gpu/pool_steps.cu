#include "core/ops/pool_steps.h"

#include "core/ops/steps.h"
#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

using ops::StepPooling;

// A thread computes V adjacent channels of one sample. Without lengths, all steps count.
template <class T, int V, StepPooling kMode>
__global__ void __launch_bounds__(kThreads)
    poolStepsKernel(const T* x, const std::int32_t* lengths, T* y, int steps, int width, int count) {
  const unsigned at = blockIdx.x * kThreads + threadIdx.x;  // may exceed an int in the last block
  if (at >= static_cast<unsigned>(count)) return;
  const int i = static_cast<int>(at);
  const int perSample = width / V, n = i / perSample, c = i % perSample * V;
  const int valid = lengths ? ops::validSteps(lengths[n], steps) : steps;
  const T* from = x + static_cast<std::int64_t>(n) * steps * width + c;
  float result[V];
  loadVector<V>(from + static_cast<std::int64_t>(kMode == StepPooling::Last ? valid - 1 : 0) * width, result);
  if constexpr (kMode != StepPooling::Last)
    for (int step = 1; step < valid; ++step) {
      float v[V];
      loadVector<V>(from + static_cast<std::int64_t>(step) * width, v);
#pragma unroll
      for (int j = 0; j < V; ++j) {
        if constexpr (kMode == StepPooling::Mean)
          result[j] += v[j];
        else if (v[j] > result[j] || v[j] != v[j])
          result[j] = v[j];  // NaN is kept, since no comparison with it holds
      }
    }
  if constexpr (kMode == StepPooling::Mean) {
#pragma unroll
    for (int j = 0; j < V; ++j) result[j] /= static_cast<float>(valid);
  }
  storeVector<V>(result, y + static_cast<std::int64_t>(i) * V);
}

template <class T, int V>
auto kernelFor(StepPooling mode) {
  if (mode == StepPooling::Mean) return poolStepsKernel<T, V, StepPooling::Mean>;
  return mode == StepPooling::Max ? poolStepsKernel<T, V, StepPooling::Max>
                                  : poolStepsKernel<T, V, StepPooling::Last>;
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  TANDEM_ASSIGN(const StepPooling mode, ops::stepPooling(request.attrs()));
  if (!fits32(request.in(0).shape.elements())) return refuse("more than 2^31 elements");
  const auto s = ops::Sequence::of(request.in(0).shape);
  const int steps = static_cast<int>(s.steps), width = static_cast<int>(s.width);
  const int outputs = static_cast<int>(request.out(0).shape.elements());
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel(
        [=, varies = request.call.hasOperand(1)](cudaStream_t stream, const Operands& o) -> Status {
          if (outputs == 0) return success();
          constexpr int kWide = kPerAccess<T>;
          const auto* x = o.input<T>(0);
          auto* y = o.output<T>(0);
          const auto* lengths = varies ? o.input<std::int32_t>(1) : nullptr;
          const bool vectors = width % kWide == 0 && aligned16(x) && aligned16(y);
          const int count = vectors ? outputs / kWide : outputs;
          const auto kernel = vectors ? kernelFor<T, kWide>(mode) : kernelFor<T, 1>(mode);
          return launch("pool_steps", kernel, blocksFor(count), kThreads, stream, x, lengths, y, steps, width,
                        count);
        });
  });
}

}  // namespace

extern const KernelList pool_steps;
const KernelList pool_steps = {{"cuda", make}};

}  // namespace tandem::cuda
