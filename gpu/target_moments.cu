#include "core/ops/target_moments.h"

#include "core/ops/rules.h"
#include "gpu/kernel.h"
#include "gpu/mean.cuh"

namespace tandem::cuda {
namespace {

using In = ops::LossIn;

struct SquaredError {
  const float *x, *target;
  __device__ float operator()(std::int64_t i) const {
    const float d = x[i] - target[i];
    return d * d;
  }
};

struct Target {
  const float* target;
  __device__ float operator()(std::int64_t i) const { return target[i]; }
};

struct SquaredTarget {
  const float* target;
  __device__ float operator()(std::int64_t i) const { return target[i] * target[i]; }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kPrediction).dtype != DType::F32) return refuse("supports f32 only");
  const auto shape = ops::FirstAxis::of(request.in(In::kPrediction).shape);
  return makeKernel(
      [shape](cudaStream_t stream, const Operands& o) -> Status {
        const auto *x = o.input<float>(In::kPrediction), *t = o.input<float>(In::kTarget);
        auto* out = o.output<float>(0);
        // The means use the same partial sums, one after the other.
        const auto mean = [&]<class F>(const F& f, float* to) {
          return meanOfValid("target_moments", stream,
                             ValidOnly<F>{f, o.input<float>(In::kStep), shape.rows, shape.columns},
                             static_cast<float*>(o.workspace), to);
        };
        TANDEM_TRY(mean(SquaredError{x, t}, out));
        TANDEM_TRY(mean(Target{t}, out + 1));
        return mean(SquaredTarget{t}, out + 2);
      },
      meanWorkspace(shape.rows * shape.columns));
}

}  // namespace

extern const KernelList target_moments;
const KernelList target_moments = {{"cuda", make}};

}  // namespace tandem::cuda
