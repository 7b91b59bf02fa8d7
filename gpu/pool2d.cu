#include "core/ops/pool2d.h"

#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/launch.h"
#include "gpu/window.cuh"

namespace tandem::cuda {
namespace {

// A thread computes V adjacent channels of one output position.
template <class T, int V, bool kAverage>
__global__ void __launch_bounds__(kThreads)
    poolKernel(const T* x, T* y, Axis rows, Axis columns, int channels, int count) {
  const int i = static_cast<int>(blockIdx.x * kThreads + threadIdx.x);
  if (i >= count) return;
  const int perPosition = channels / V, c = i % perPosition * V;
  int position = i / perPosition;
  const int ox = position % columns.out;
  position /= columns.out;
  const int oy = position % rows.out, n = position / rows.out;
  const int x0 = columns.first(ox), x1 = columns.last(ox), y0 = rows.first(oy), y1 = rows.last(oy);
  float result[V];
#pragma unroll
  for (int j = 0; j < V; ++j) result[j] = kAverage ? 0.0f : -INFINITY;
  for (int iy = y0; iy < y1; ++iy)
    for (int ix = x0; ix < x1; ++ix) {
      float v[V];
      loadVector<V>(x + static_cast<std::int64_t>((n * rows.in + iy) * columns.in + ix) * channels + c, v);
#pragma unroll
      for (int j = 0; j < V; ++j) {
        if (kAverage)
          result[j] += v[j];
        else if (v[j] > result[j] || v[j] != v[j])
          result[j] = v[j];  // NaN is kept, since no comparison with it holds
      }
    }
  if (kAverage) {
    const auto size = static_cast<float>((y1 - y0) * (x1 - x0));
#pragma unroll
    for (int j = 0; j < V; ++j) result[j] /= size;
  }
  storeVector<V>(result, y + static_cast<std::int64_t>(i) * V);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  TANDEM_ASSIGN(const auto g, ops::Pool2dGeometry::from(request.attrs(), request.in(0).shape));
  if (!fits32(g.x().elements()) || !fits32(g.y().elements())) return refuse("more than 2^31 elements");
  const Axis rows = Axis::of(g.rows), columns = Axis::of(g.columns);
  const int channels = static_cast<int>(g.c), outputs = static_cast<int>(g.y().elements());
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([=, average = g.average](cudaStream_t stream, const Operands& o) -> Status {
      if (outputs == 0) return success();
      constexpr int kWide = kPerAccess<T>;
      const auto* x = o.input<T>(0);
      auto* y = o.output<T>(0);
      const bool vectors = channels % kWide == 0 && aligned16(x) && aligned16(y);
      const int count = vectors ? outputs / kWide : outputs;
      const auto kernel = vectors ? (average ? poolKernel<T, kWide, true> : poolKernel<T, kWide, false>)
                                  : (average ? poolKernel<T, 1, true> : poolKernel<T, 1, false>);
      return launch("pool2d", kernel, blocksFor(count), kThreads, stream, x, y, rows, columns, channels,
                    count);
    });
  });
}

}  // namespace

extern const KernelList pool2d;
const KernelList pool2d = {{"cuda", make}};

}  // namespace tandem::cuda
