#include "core/ops/accumulate_gradient.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

using In = ops::AccumulateIn;
using Out = ops::AccumulateOut;

// The loss scale is a power of two (core/ops/loss_scale.h), so its reciprocal is exact.
struct Accumulate {
  const float* step;
  __device__ void operator()(const float* in, float* out, std::int64_t) const {
    const float scale = step[kStepLossScale];
    out[1] = ops::movedMean(in[1], in[0] * (1.0f / scale), step[kStepGradientShare]);
    out[0] = scale * out[1];
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kGradients).dtype != DType::F32) return refuse("supports f32 only");
  const std::int64_t n = request.in(In::kGradients).shape.elements();
  return makeKernel([n](cudaStream_t stream, const Operands& o) {
    const MapPointers<2, 2> p{{o.input<float>(In::kGradients), o.input<float>(In::kMean)},
                              {o.output<float>(Out::kGradients), o.output<float>(Out::kMean)}};
    return map("accumulate_gradient", stream, p, n, Accumulate{o.input<float>(In::kStep)});
  });
}

}  // namespace

extern const KernelList accumulate_gradient;
const KernelList accumulate_gradient = {{"cuda", make}};

}  // namespace tandem::cuda
