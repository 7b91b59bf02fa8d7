#include "core/ops/clip_gradient.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"
#include "gpu/reduce.cuh"

namespace tandem::cuda {
namespace {

struct Square {
  const float *g, *step;
  __device__ float operator()(std::int64_t i) const {
    const float v = g[i] / step[kStepLossScale];
    return v * v;
  }
};

__global__ void __launch_bounds__(kThreads) normKernel(const float* partials, int parts, float* norm) {
  const float total = totalOf(partials, parts);
  if (threadIdx.x == 0) *norm = sqrtf(total);
}

struct Limit {
  ops::ClipMode mode;
  float limit;
  const float *step, *norm;
  __device__ void operator()(const float* in, float* out, std::int64_t) const {
    float g = in[0] / step[kStepLossScale];
    if (mode == ops::ClipMode::Norm) g *= ops::clipFactor(*norm, limit);
    if (mode == ops::ClipMode::Value) g = ops::clipValue(g, limit);
    out[0] = g;
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("only f32");
  TANDEM_ASSIGN(const auto a, ops::ClipAttrs::from(request.attrs()));
  const std::int64_t n = request.in(0).shape.elements();
  const int parts = partialsFor(n);
  // The norm lies behind the partial sums, because its result may not be wanted.
  return makeKernel(
      [a, n, parts](cudaStream_t stream, const Operands& o) -> Status {
        auto* partials = static_cast<float*>(o.workspace);
        float* norm = o.out[1] ? o.output<float>(1) : partials + parts;
        const auto *g = o.input<float>(0), *step = o.input<float>(1);
        TANDEM_TRY(launch("gradient norm", partialSums<Square>, dim3(static_cast<unsigned>(parts)), kThreads,
                          stream, n, Square{g, step}, partials));
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
