#include "core/ops/binary_accuracy.h"

#include "core/ops/rules.h"
#include "gpu/kernel.h"
#include "gpu/mean.cuh"

namespace tandem::cuda {
namespace {

using In = ops::LossIn;

struct Right {
  const float *logits, *target;
  __device__ float operator()(std::int64_t i) const {
    const float logit = logits[i];
    return (target[i] > 0.5f ? logit > 0.0f : logit <= 0.0f) ? 1.0f : 0.0f;
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kPrediction).dtype != DType::F32) return refuse("supports f32 only");
  const auto shape = ops::FirstAxis::of(request.in(In::kPrediction).shape);
  return makeKernel(
      [shape](cudaStream_t stream, const Operands& o) {
        const Right f{o.input<float>(In::kPrediction), o.input<float>(In::kTarget)};
        return meanOfValid("binary_accuracy", stream,
                           ValidOnly<Right>{f, o.input<float>(In::kStep), shape.rows, shape.columns},
                           static_cast<float*>(o.workspace), o.output<float>(0));
      },
      meanWorkspace(shape.rows * shape.columns));
}

}  // namespace

extern const KernelList binary_accuracy;
const KernelList binary_accuracy = {{"cuda", make}};

}  // namespace tandem::cuda
