#include "core/ops/average_weights.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

using In = ops::AverageIn;

struct Average {
  const float* step;
  __device__ void operator()(const float* in, float* out, std::int64_t) const {
    const float share = step[kStepWeightShare];
    out[0] = share == 0 ? in[0] : ops::movedMean(in[0], in[1], share);
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kAverage).dtype != DType::F32) return refuse("supports f32 only");
  const std::int64_t n = request.in(In::kAverage).shape.elements();
  return makeKernel([n](cudaStream_t stream, const Operands& o) {
    const MapPointers<2, 1> p{{o.input<float>(In::kAverage), o.input<float>(In::kWeights)},
                              {o.output<float>(0)}};
    return map("average_weights", stream, p, n, Average{o.input<float>(In::kStep)});
  });
}

}  // namespace

extern const KernelList average_weights;
const KernelList average_weights = {{"cuda", make}};

}  // namespace tandem::cuda
