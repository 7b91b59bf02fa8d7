#include "core/ops/element_loss_grad.h"

#include "core/ops/rules.h"
#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

using In = ops::LossIn;

template <class Rule>
struct Gradient {
  ops::LossValues values;
  const float *step, *weights;  // weights: nullptr: all 1
  std::int64_t rows, columns;
  __device__ void operator()(const float* in, float* out, std::int64_t i) const {
    const std::int64_t count = validRows(step, rows) * columns;
    const float weight = weights && i < count ? weights[i] : 1.0f;
    out[0] = i < count ? Rule::template derivative<ops::StandardMath>(in[0], in[1], values.p) * weight *
                             step[kStepLossScale] / static_cast<float>(count)
                       : 0.0f;
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kPrediction).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const auto a, ops::ElementLossAttrs::from(request.attrs()));
  const auto shape = ops::FirstAxis::of(request.in(In::kPrediction).shape);
  return ops::withElementLoss(a.kind, [&]<class Rule>() {
    return makeKernel([values = a.values(), shape, weighted = request.call.hasOperand(In::kWeights)](
                          cudaStream_t stream, const Operands& o) {
      const Gradient<Rule> f{values, o.input<float>(In::kStep),
                             weighted ? o.input<float>(In::kWeights) : nullptr, shape.rows, shape.columns};
      const MapPointers<2, 1> pointers{{o.input<float>(In::kPrediction), o.input<float>(In::kTarget)},
                                       {o.output<float>(0)}};
      return map("element_loss_grad", stream, pointers, shape.rows * shape.columns, f);
    });
  });
}

}  // namespace

extern const KernelList element_loss_grad;
const KernelList element_loss_grad = {{"cuda", make}};

}  // namespace tandem::cuda
