#include "core/ops/upsample2d.h"

#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

using Axis = ops::UpsampleAxis<int>;

// A thread computes V adjacent channels of one output position.
template <class T, int V, bool kBilinear>
__global__ void __launch_bounds__(kThreads)
    upsampleKernel(const T* x, T* y, Axis rows, Axis columns, int channels, int count) {
  const unsigned at = blockIdx.x * kThreads + threadIdx.x;  // may exceed an int in the last block
  if (at >= static_cast<unsigned>(count)) return;
  const int i = static_cast<int>(at);
  const int perPosition = channels / V, c = i % perPosition * V;
  int position = i / perPosition;
  const int ox = position % columns.out();
  position /= columns.out();
  const int oy = position % rows.out(), n = position / rows.out();
  const auto vertical = rows.taps(oy), horizontal = columns.taps(ox);
  const auto load = [&](int iy, int ix, float* to) {
    loadVector<V>(x + static_cast<std::int64_t>((n * rows.in + iy) * columns.in + ix) * channels + c, to);
  };
  float result[V];
  load(vertical.first, horizontal.first, result);
  if constexpr (kBilinear) {
    const float down = rows.share<float>(vertical), right = columns.share<float>(horizontal);
    float besides[V], below[V], across[V];
    load(vertical.first, horizontal.second, besides);
    load(vertical.second, horizontal.first, below);
    load(vertical.second, horizontal.second, across);
#pragma unroll
    for (int j = 0; j < V; ++j)
      result[j] = (1 - down) * ((1 - right) * result[j] + right * besides[j]) +
                  down * ((1 - right) * below[j] + right * across[j]);
  }
  storeVector<V>(result, y + static_cast<std::int64_t>(i) * V);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  TANDEM_ASSIGN(const auto g, ops::Upsample2dGeometry::from(request.attrs(), request.in(0).shape));
  if (!fits32(g.y().elements())) return refuse("more than 2^31 elements");
  const Axis rows = g.rows.as<int>(), columns = g.columns.as<int>();
  const int channels = static_cast<int>(g.c), outputs = static_cast<int>(g.y().elements());
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([=, bilinear = g.bilinear](cudaStream_t stream, const Operands& o) -> Status {
      if (outputs == 0) return success();
      constexpr int kWide = kPerAccess<T>;
      const auto* x = o.input<T>(0);
      auto* y = o.output<T>(0);
      const bool vectors = channels % kWide == 0 && aligned16(x) && aligned16(y);
      const int count = vectors ? outputs / kWide : outputs;
      const auto kernel = vectors
                              ? (bilinear ? upsampleKernel<T, kWide, true> : upsampleKernel<T, kWide, false>)
                              : (bilinear ? upsampleKernel<T, 1, true> : upsampleKernel<T, 1, false>);
      return launch("upsample2d", kernel, blocksFor(count), kThreads, stream, x, y, rows, columns, channels,
                    count);
    });
  });
}

}  // namespace

extern const KernelList upsample2d;
const KernelList upsample2d = {{"cuda", make}};

}  // namespace tandem::cuda
