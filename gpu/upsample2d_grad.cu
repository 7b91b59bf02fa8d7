// Each input position gathers from the positions that read it, so that no two threads add to the same element and the
// order of the sum is fixed.
#include "core/ops/upsample2d_grad.h"

#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

using Axis = ops::UpsampleAxis<int>;

template <class T, int V>
__global__ void __launch_bounds__(kThreads)
    upsampleGradKernel(const T* dy, T* dx, Axis rows, Axis columns, int channels, int count) {
  const unsigned at = blockIdx.x * kThreads + threadIdx.x;  // may exceed an int in the last block
  if (at >= static_cast<unsigned>(count)) return;
  const int i = static_cast<int>(at);
  const int perPosition = channels / V, c = i % perPosition * V;
  int position = i / perPosition;
  const int ix = position % columns.in;
  position /= columns.in;
  const int iy = position % rows.in, n = position / rows.in;
  float sum[V] = {};
  for (int oy = rows.firstReader(iy); oy < rows.lastReader(iy); ++oy) {
    const float down = rows.weight<float>(oy, iy);
    for (int ox = columns.firstReader(ix); ox < columns.lastReader(ix); ++ox) {
      const float factor = down * columns.weight<float>(ox, ix);
      float g[V];
      loadVector<V>(dy + static_cast<std::int64_t>((n * rows.out() + oy) * columns.out() + ox) * channels + c,
                    g);
#pragma unroll
      for (int j = 0; j < V; ++j) sum[j] += factor * g[j];
    }
  }
  storeVector<V>(sum, dx + static_cast<std::int64_t>(i) * V);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  TANDEM_ASSIGN(const auto g, ops::Upsample2dGeometry::grad(request.attrs(), request.in(0).shape));
  if (!fits32(g.y().elements())) return refuse("more than 2^31 elements");
  const Axis rows = g.rows.as<int>(), columns = g.columns.as<int>();
  const int channels = static_cast<int>(g.c), elements = static_cast<int>(g.x().elements());
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([=](cudaStream_t stream, const Operands& o) -> Status {
      if (elements == 0) return success();
      constexpr int kWide = kPerAccess<T>;
      const auto* dy = o.input<T>(0);
      auto* dx = o.output<T>(0);
      const bool vectors = channels % kWide == 0 && aligned16(dy) && aligned16(dx);
      const int count = vectors ? elements / kWide : elements;
      const auto kernel = vectors ? upsampleGradKernel<T, kWide> : upsampleGradKernel<T, 1>;
      return launch("upsample2d_grad", kernel, blocksFor(count), kThreads, stream, dy, dx, rows, columns,
                    channels, count);
    });
  });
}

}  // namespace

extern const KernelList upsample2d_grad;
const KernelList upsample2d_grad = {{"cuda", make}};

}  // namespace tandem::cuda
