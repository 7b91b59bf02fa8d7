#include "core/ops/batch_matmul.h"

#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

// A thread computes one element. The matrices of a sample are small, so that they stay in the cache.
template <class T>
__global__ void __launch_bounds__(kThreads)
    batchMatmulKernel(ops::BatchMatmulGeometry g, const T* a, const T* b, T* y, std::int64_t count) {
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (at >= count) return;
  const std::int64_t j = at % g.n, row = at / g.n, i = row % g.m, sample = row / g.m;
  const T* left = a + sample * g.m * g.k + (g.transposeA ? i : i * g.k);
  const T* right = b + sample * g.k * g.n + (g.transposeB ? j * g.k : j);
  const std::int64_t leftStep = g.transposeA ? g.m : 1, rightStep = g.transposeB ? 1 : g.n;
  float sum = 0;
  for (std::int64_t p = 0; p < g.k; ++p) sum += toFloat(left[p * leftStep]) * toFloat(right[p * rightStep]);
  y[at] = fromFloat<T>(sum);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0, 1}));
  TANDEM_ASSIGN(const auto g, ops::BatchMatmulGeometry::from(request.attrs(), request.call.inputs));
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([g](cudaStream_t stream, const Operands& o) -> Status {
      const std::int64_t count = g.batch * g.m * g.n;
      if (count == 0) return success();
      return launch("batch_matmul", batchMatmulKernel<T>, blocksFor(count), kThreads, stream, g,
                    o.input<T>(0), o.input<T>(1), o.output<T>(0), count);
    });
  });
}

}  // namespace

extern const KernelList batch_matmul;
const KernelList batch_matmul = {{"cuda", make}};

}  // namespace tandem::cuda
