#include "core/ops/rotary.h"

#include <cmath>

#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

// turns (steps, pairs, 2): the cosine and the sine of each angle. Angles of many turns need double precision, so they are
// computed once per step and pair, and not for each sample and head.
__global__ void __launch_bounds__(kThreads)
    turnsKernel(std::int64_t count, std::int64_t pairs, double logBase, float sign, float* turns) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= count) return;
  const std::int64_t step = i / pairs, pair = i - step * pairs;
  const double angle =
      static_cast<double>(step) * exp(-logBase * static_cast<double>(pair) / static_cast<double>(pairs));
  turns[2 * i] = static_cast<float>(cos(angle));
  turns[2 * i + 1] = sign * static_cast<float>(sin(angle));
}

// A thread turns a pair.
template <class T>
__global__ void __launch_bounds__(kThreads)
    rotaryKernel(std::int64_t count, std::int64_t steps, std::int64_t heads, std::int64_t pairs,
                 const float* turns, const T* x, T* y) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= count) return;
  const std::int64_t head = i / pairs, pair = i - head * pairs, step = head / heads % steps;
  const std::int64_t at = 2 * head * pairs + pair, turn = 2 * (step * pairs + pair);
  const float cosine = turns[turn], sine = turns[turn + 1];
  const float first = toFloat(x[at]), second = toFloat(x[at + pairs]);
  y[at] = fromFloat<T>(first * cosine - second * sine);
  y[at + pairs] = fromFloat<T>(second * cosine + first * sine);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  TANDEM_ASSIGN(const auto g, ops::RotaryGeometry::from(request.attrs(), request.in(0).shape));
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel(
        [g](cudaStream_t stream, const Operands& o) -> Status {
          const std::int64_t pairs = g.pairs(), angles = g.steps * pairs, count = g.batch * g.heads * angles;
          if (count == 0) return success();
          auto* turns = static_cast<float*>(o.workspace);
          TANDEM_TRY(launch("rotary angles", turnsKernel, blocksFor(angles), kThreads, stream, angles, pairs,
                            std::log(g.base), g.inverse ? -1.0f : 1.0f, turns));
          return launch("rotary", rotaryKernel<T>, blocksFor(count), kThreads, stream, count, g.steps,
                        g.heads, pairs, turns, o.input<T>(0), o.output<T>(0));
        },
        static_cast<std::size_t>(g.steps * g.size) * sizeof(float));
  });
}

}  // namespace

extern const KernelList rotary;
const KernelList rotary = {{"cuda", make}};

}  // namespace tandem::cuda
