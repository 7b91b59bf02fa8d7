#include "core/ops/pool_steps_grad.h"

#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

using ops::StepPooling;

// A thread writes V adjacent channels of all steps of one sample. Without lengths, all steps count.
template <class T, int V, StepPooling kMode>
__global__ void __launch_bounds__(kThreads)
    poolStepsGradKernel(const T* x, const T* y, const T* dy, const std::int32_t* lengths, T* dx, int steps,
                        int width, int count) {
  const unsigned at = blockIdx.x * kThreads + threadIdx.x;  // may exceed an int in the last block
  if (at >= static_cast<unsigned>(count)) return;
  const int i = static_cast<int>(at);
  const int perSample = width / V, n = i / perSample, c = i % perSample * V;
  const int valid = lengths ? ops::validSteps(lengths[n], steps) : steps;
  const std::int64_t first = static_cast<std::int64_t>(n) * steps * width + c;
  float rest[V];
  [[maybe_unused]] float most[V];
  loadVector<V>(dy + static_cast<std::int64_t>(i) * V, rest);
  if constexpr (kMode == StepPooling::Max) loadVector<V>(y + static_cast<std::int64_t>(i) * V, most);
  for (int step = 0; step < steps; ++step) {
    const std::int64_t own = first + static_cast<std::int64_t>(step) * width;
    float result[V] = {};
    if constexpr (kMode == StepPooling::Mean) {
#pragma unroll
      for (int j = 0; j < V; ++j) result[j] = step < valid ? rest[j] / static_cast<float>(valid) : 0.0f;
    } else if constexpr (kMode == StepPooling::Last) {
#pragma unroll
      for (int j = 0; j < V; ++j) result[j] = step == valid - 1 ? rest[j] : 0.0f;
    } else if (step < valid) {
      float v[V];
      loadVector<V>(x + own, v);
#pragma unroll
      for (int j = 0; j < V; ++j)
        if (v[j] >= most[j]) {
          result[j] = rest[j];
          rest[j] = 0;  // only the first step gets it
        }
    }
    storeVector<V>(result, dx + own);
  }
}

template <class T, int V>
auto kernelFor(StepPooling mode) {
  if (mode == StepPooling::Mean) return poolStepsGradKernel<T, V, StepPooling::Mean>;
  return mode == StepPooling::Max ? poolStepsGradKernel<T, V, StepPooling::Max>
                                  : poolStepsGradKernel<T, V, StepPooling::Last>;
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {2, 0, 1}));
  TANDEM_ASSIGN(const StepPooling mode, ops::stepPooling(request.attrs()));
  TANDEM_ASSIGN(const auto s, ops::stepPoolingGradient(request.attrs(), request.call.inputs));
  if (!fits32(request.out(0).shape.elements())) return refuse("more than 2^31 elements");
  const int steps = static_cast<int>(s.steps), width = static_cast<int>(s.width);
  const int sums = static_cast<int>(s.samples * s.width);
  return withElement(request.in(2).dtype, [&]<class T>(T*) {
    return makeKernel(
        [=, varies = request.call.hasOperand(3)](cudaStream_t stream, const Operands& o) -> Status {
          if (sums == 0) return success();
          constexpr int kWide = kPerAccess<T>;
          const auto *x = o.input<T>(0), *y = o.input<T>(1), *dy = o.input<T>(2);
          auto* dx = o.output<T>(0);
          const auto* lengths = varies ? o.input<std::int32_t>(3) : nullptr;
          // An absent operand is nullptr, which is aligned.
          const bool vectors =
              width % kWide == 0 && aligned16(x) && aligned16(y) && aligned16(dy) && aligned16(dx);
          const int count = vectors ? sums / kWide : sums;
          const auto kernel = vectors ? kernelFor<T, kWide>(mode) : kernelFor<T, 1>(mode);
          return launch("pool_steps_grad", kernel, blocksFor(count), kThreads, stream, x, y, dy, lengths, dx,
                        steps, width, count);
        });
  });
}

}  // namespace

extern const KernelList pool_steps_grad;
const KernelList pool_steps_grad = {{"cuda", make}};

}  // namespace tandem::cuda
