#include "gpu/pad.h"

#include "gpu/channels.cuh"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

template <int V>
__global__ void __launch_bounds__(kThreads)
    padKernel(const float* from, float* to, PadGeometry g, int count) {
  const int i = static_cast<int>(blockIdx.x * kThreads + threadIdx.x);
  if (i >= count) return;
  const int perPosition = g.c / V, c = i % perPosition * V;
  int position = i / perPosition;
  const int x = position % g.toW - g.left;
  position /= g.toW;
  const int y = position % g.toH - g.top, n = position / g.toH;
  float v[V] = {};
  if (x >= 0 && x < g.fromW && y >= 0 && y < g.fromH)
    loadVector<V>(from + static_cast<std::int64_t>((n * g.fromH + y) * g.fromW + x) * g.c + c, v);
  float* out = to + static_cast<std::int64_t>(i) * V;
  if constexpr (V == 4)
    *reinterpret_cast<float4*>(out) = make_float4(v[0], v[1], v[2], v[3]);
  else
    *out = v[0];
}

}  // namespace

Status padImage(cudaStream_t stream, const float* from, float* to, const PadGeometry& g) {
  const int elements = g.n * g.toH * g.toW * g.c;
  if (elements == 0) return success();
  if (g.c % 4 == 0 && aligned16(from) && aligned16(to))
    return launch("padding", padKernel<4>, blocksFor(elements / 4), kThreads, stream, from, to, g,
                  elements / 4);
  return launch("padding", padKernel<1>, blocksFor(elements), kThreads, stream, from, to, g, elements);
}

}  // namespace tandem::cuda
