// Each input position gathers from the windows that cover it, so that no two threads add to the same element
// and the order of the sum is fixed.
#include "core/ops/pool2d_grad.h"

#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/launch.h"
#include "gpu/window.cuh"

namespace tandem::cuda {
namespace {

using In = ops::Pool2dGradIn;

template <class T, int V, bool kAverage>
__global__ void __launch_bounds__(kThreads, 3)
    poolGradKernel(const T* x, const T* y, const T* dy, T* dx, Axis rows, Axis columns, int channels,
                   int count) {
  const int i = static_cast<int>(blockIdx.x * kThreads + threadIdx.x);
  if (i >= count) return;
  const int perPosition = channels / V, c = i % perPosition * V;
  int position = i / perPosition;
  const int ix = position % columns.in;
  position /= columns.in;
  const int iy = position % rows.in, n = position / rows.in;
  float sum[V] = {};
  Packed<V, T> packed;
  if constexpr (!kAverage) packed = loadPacked<V>(x + static_cast<std::int64_t>(i) * V);
  for (int oy = rows.firstWindow(iy); oy < rows.lastWindow(iy); ++oy)
    for (int ox = columns.firstWindow(ix); ox < columns.lastWindow(ix); ++ox) {
      const std::int64_t at =
          static_cast<std::int64_t>((n * rows.out + oy) * columns.out + ox) * channels + c;
      const int y0 = rows.first(oy), x0 = columns.first(ox), x1 = columns.last(ox);
      float g[V];
      loadVector<V>(dy + at, g);
      if constexpr (kAverage) {
        const auto size = static_cast<float>((rows.last(oy) - y0) * (x1 - x0));
#pragma unroll
        for (int j = 0; j < V; ++j) sum[j] += g[j] / size;
      } else {
        // This position gets dy if it is the first in the window that equals the maximum.
        float own[V], most[V];
        unsigned mine = 0;  // a bit for each j, because predicates in an array are spilled
        unpack(packed, own);
        loadVector<V>(y + at, most);
#pragma unroll
        for (int j = 0; j < V; ++j) mine |= own[j] >= most[j] ? 1u << j : 0u;
        for (int wy = y0; wy <= iy; ++wy)
          for (int wx = x0; wx < (wy == iy ? ix : x1); ++wx) {
            float v[V];
            loadVector<V>(x + static_cast<std::int64_t>((n * rows.in + wy) * columns.in + wx) * channels + c,
                          v);
#pragma unroll
            for (int j = 0; j < V; ++j) mine &= v[j] >= most[j] ? ~(1u << j) : ~0u;
          }
#pragma unroll
        for (int j = 0; j < V; ++j) sum[j] += (mine >> j & 1u) != 0 ? g[j] : 0.0f;
      }
    }
  storeVector<V>(sum, dx + static_cast<std::int64_t>(i) * V);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kDy, In::kX, In::kY}));
  TANDEM_ASSIGN(const auto g, ops::Pool2dGeometry::grad(request.attrs(), request.call.inputs));
  if (!fits32(g.x().elements()) || !fits32(g.y().elements())) return refuse("more than 2^31 elements");
  const Axis rows = Axis::of(g.rows), columns = Axis::of(g.columns);
  const int channels = static_cast<int>(g.c), elements = static_cast<int>(g.x().elements());
  return withElement(request.in(In::kDy).dtype, [&]<class T>(T*) {
    return makeKernel([=, average = g.average](cudaStream_t stream, const Operands& o) -> Status {
      if (elements == 0) return success();
      constexpr int kWide = kPerAccess<T>;
      const auto *x = o.input<T>(In::kX), *y = o.input<T>(In::kY), *dy = o.input<T>(In::kDy);
      auto* dx = o.output<T>(0);
      // An absent operand is nullptr, which is aligned.
      const bool vectors =
          channels % kWide == 0 && aligned16(x) && aligned16(y) && aligned16(dy) && aligned16(dx);
      const int count = vectors ? elements / kWide : elements;
      const auto kernel = vectors
                              ? (average ? poolGradKernel<T, kWide, true> : poolGradKernel<T, kWide, false>)
                              : (average ? poolGradKernel<T, 1, true> : poolGradKernel<T, 1, false>);
      return launch("pool2d_grad", kernel, blocksFor(count), kThreads, stream, x, y, dy, dx, rows, columns,
                    channels, count);
    });
  });
}

}  // namespace

extern const KernelList pool2d_grad;
const KernelList pool2d_grad = {{"cuda", make}};

}  // namespace tandem::cuda
