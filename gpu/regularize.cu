#include "core/ops/regularize.h"

#include "core/ops/step_block.h"
#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

using In = ops::RegularizeIn;

struct Penalty {
  float l1, twoL2;
  const float* step;  // nullptr: no loss scale
  __device__ void operator()(const float* in, float* out, std::int64_t) const {
    const float w = in[1], sign = w > 0 ? 1.0f : (w < 0 ? -1.0f : 0.0f);
    const float scale = step ? step[kStepLossScale] : 1.0f;
    out[0] = in[0] + scale * (l1 * sign + twoL2 * w);
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kGradients).dtype != DType::F32) return refuse("supports f32 only");
  const auto l1 = static_cast<float>(request.attrs().number("l1", 0));
  const auto twoL2 = static_cast<float>(2 * request.attrs().number("l2", 0));
  const bool withStep = request.call.hasOperand(In::kStep);
  const std::int64_t n = request.out(0).shape.elements();
  return makeKernel([=](cudaStream_t stream, const Operands& o) {
    const MapPointers<2, 1> p{{o.input<float>(In::kGradients), o.input<float>(In::kWeights)},
                              {o.output<float>(0)}};
    return map("regularize", stream, p, n,
               Penalty{l1, twoL2, withStep ? o.input<float>(In::kStep) : nullptr});
  });
}

}  // namespace

extern const KernelList regularize;
const KernelList regularize = {{"cuda", make}};

}  // namespace tandem::cuda
