#include "core/ops/regression_loss.h"

#include "core/ops/rules.h"
#include "gpu/kernel.h"
#include "gpu/mean.cuh"

namespace tandem::cuda {
namespace {

struct Loss {
  ops::RegressionLossKind kind;
  float delta;
  const float *x, *target;
  __device__ float operator()(std::int64_t i) const {
    return ops::regressionLoss(kind, delta, x[i], target[i]);
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const auto a, ops::RegressionLossAttrs::from(request.attrs()));
  const auto shape = ops::FirstAxis::of(request.in(0).shape);
  return makeKernel(
      [a, shape](cudaStream_t stream, const Operands& o) {
        const Loss loss{a.kind, static_cast<float>(a.delta), o.input<float>(0), o.input<float>(1)};
        return meanOfValid("regression_loss", stream,
                           ValidOnly<Loss>{loss, o.input<float>(2), shape.rows, shape.columns},
                           static_cast<float*>(o.workspace), o.output<float>(0));
      },
      meanWorkspace(shape.rows * shape.columns));
}

}  // namespace

extern const KernelList regression_loss;
const KernelList regression_loss = {{"cuda", make}};

}  // namespace tandem::cuda
