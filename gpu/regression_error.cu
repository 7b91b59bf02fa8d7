#include "core/ops/regression_error.h"

#include "core/ops/rules.h"
#include "gpu/kernel.h"
#include "gpu/mean.cuh"

namespace tandem::cuda {
namespace {

using In = ops::LossIn;

struct Deviation {
  bool absolute;
  const float *x, *target;
  __device__ float operator()(std::int64_t i) const {
    const float d = x[i] - target[i];
    return absolute ? fabsf(d) : d * d;
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kPrediction).dtype != DType::F32) return refuse("supports f32 only");
  const bool absolute = request.attrs().text("kind", "mse") == "mae";
  const auto shape = ops::FirstAxis::of(request.in(In::kPrediction).shape);
  return makeKernel(
      [absolute, shape](cudaStream_t stream, const Operands& o) {
        const Deviation f{absolute, o.input<float>(In::kPrediction), o.input<float>(In::kTarget)};
        return meanOfValid("regression_error", stream,
                           ValidOnly<Deviation>{f, o.input<float>(In::kStep), shape.rows, shape.columns},
                           static_cast<float*>(o.workspace), o.output<float>(0));
      },
      meanWorkspace(shape.rows * shape.columns));
}

}  // namespace

extern const KernelList regression_error;
const KernelList regression_error = {{"cuda", make}};

}  // namespace tandem::cuda
