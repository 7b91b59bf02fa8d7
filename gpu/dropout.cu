#include "core/ops/dropout.h"

#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

// One Philox block yields the bits of four consecutive elements; a thread handles one 16-byte access of them.
template <class T>
__global__ void __launch_bounds__(kThreads)
    dropoutKernel(ops::DropoutAttrs a, float scale, const T* x, const float* step, T* y, std::int64_t n,
                  bool vectors) {
  constexpr int V = kPerAccess<T>;
  const std::int64_t first = V * (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x);
  if (first >= n) return;
  const std::uint64_t number = stepNumber(step);
  float v[V];
  const bool full = vectors && first + V <= n;
  if (full) {
    loadVector<V>(x + first, v);
  } else {
#pragma unroll
    for (int c = 0; c < V; ++c) v[c] = first + c < n ? toFloat(x[first + c]) : 0.0f;
  }
#pragma unroll
  for (int block = 0; block < V / 4; ++block) {
    const Philox4 bits = ops::dropoutBits(a, number, static_cast<std::uint64_t>(first / 4 + block));
#pragma unroll
    for (int c = 0; c < 4; ++c)
      v[4 * block + c] = ops::dropoutKeeps(a, bits.v[c]) ? v[4 * block + c] * scale : 0.0f;
  }
  if (full) {
    storeVector<V>(v, y + first);
    return;
  }
#pragma unroll
  for (int c = 0; c < V; ++c)
    if (first + c < n) y[first + c] = fromFloat<T>(v[c]);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  TANDEM_ASSIGN(const auto a, ops::DropoutAttrs::from(request.attrs()));
  const std::int64_t n = request.out(0).shape.elements();
  const auto scale = static_cast<float>(1.0 / (1.0 - static_cast<double>(a.rate)));
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([a, n, scale](cudaStream_t stream, const Operands& o) -> Status {
      if (n == 0) return success();
      const auto* x = o.input<T>(0);
      auto* y = o.output<T>(0);
      return launch("dropout", dropoutKernel<T>, blocksFor((n + kPerAccess<T> - 1) / kPerAccess<T>), kThreads,
                    stream, a, scale, x, o.input<float>(1), y, n, aligned16(x) && aligned16(y));
    });
  });
}

}  // namespace

extern const KernelList dropout;
const KernelList dropout = {{"cuda", make}};

}  // namespace tandem::cuda
