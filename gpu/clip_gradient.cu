#include "core/ops/clip_gradient.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"
#include "gpu/reduce.cuh"

namespace tandem::cuda {
namespace {

// The loss scale is a power of two (core/ops/loss_scale.h), so its reciprocal is exact.
__global__ void __launch_bounds__(kThreads)
    squareSums(const float* g, const float* step, std::int64_t n, bool vectors, float* partials) {
  const float unscale = 1.0f / step[kStepLossScale];
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kThreads, wide = vectors ? n / 4 : 0;
  const std::int64_t own = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  float sum = 0;
#pragma unroll 4
  for (std::int64_t i = own; i < wide; i += stride) {
    float v[4];
    loadVector<4>(g + 4 * i, v);
#pragma unroll
    for (int c = 0; c < 4; ++c) sum += v[c] * unscale * (v[c] * unscale);
  }
  for (std::int64_t i = 4 * wide + own; i < n; i += stride) {
    const float v = g[i] * unscale;
    sum += v * v;
  }
  sum = blockSum(sum);
  if (threadIdx.x == 0) partials[blockIdx.x] = sum;
}

__global__ void __launch_bounds__(kThreads) normKernel(const float* partials, int parts, float* norm) {
  const float total = totalOf(partials, parts);
  if (threadIdx.x == 0) *norm = sqrtf(total);
}

struct Limit {
  ops::ClipMode mode;
  float limit;
  const float *step, *norm;
  __device__ void operator()(const float* in, float* out, std::int64_t) const {
    float g = in[0] * (1.0f / step[kStepLossScale]);
    if (mode == ops::ClipMode::Norm) g *= ops::clipFactor(*norm, limit);
    if (mode == ops::ClipMode::Value) g = ops::clipValue(g, limit);
    out[0] = g;
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const auto a, ops::ClipAttrs::from(request.attrs()));
  const std::int64_t n = request.in(0).shape.elements();
  const int parts = partialsFor(n);
  // The norm is stored after the partial sums, because its output may be absent.
  return makeKernel(
      [a, n, parts](cudaStream_t stream, const Operands& o) -> Status {
        auto* partials = static_cast<float*>(o.workspace);
        float* norm = o.out[1] ? o.output<float>(1) : partials + parts;
        const auto *g = o.input<float>(0), *step = o.input<float>(1);
        TANDEM_TRY(launch("gradient norm", squareSums, dim3(static_cast<unsigned>(parts)), kThreads, stream,
                          g, step, n, aligned16(g), partials));
        TANDEM_TRY(launch("gradient norm", normKernel, dim3(1), kThreads, stream, partials, parts, norm));
        return map("clip_gradient", stream, MapPointers<1, 1>{{g}, {o.output<float>(0)}}, n,
                   Limit{a.mode, static_cast<float>(a.limit), step, norm});
      },
      static_cast<std::size_t>(parts + 1) * sizeof(float));
}

}  // namespace

extern const KernelList clip_gradient;
const KernelList clip_gradient = {{"cuda", make}};

}  // namespace tandem::cuda
