#include "gpu/pad.h"

#include "gpu/element.cuh"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

template <class T, int V>
__global__ void __launch_bounds__(kThreads) padKernel(const T* from, T* to, PadGeometry g, int count) {
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
  storeVector<V>(v, to + static_cast<std::int64_t>(i) * V);
}

}  // namespace

Status padImage(cudaStream_t stream, DType dtype, const void* from, void* to, const PadGeometry& g) {
  const int elements = g.n * g.toH * g.toW * g.c;
  if (elements == 0) return success();
  return withElement(dtype, [&]<class T>(T*) {
    constexpr int kWide = kPerAccess<T>;
    const bool vectors = g.c % kWide == 0 && aligned16(from) && aligned16(to);
    const int count = vectors ? elements / kWide : elements;
    return launch("padding", vectors ? padKernel<T, kWide> : padKernel<T, 1>, blocksFor(count), kThreads,
                  stream, static_cast<const T*>(from), static_cast<T*>(to), g, count);
  });
}

}  // namespace tandem::cuda
