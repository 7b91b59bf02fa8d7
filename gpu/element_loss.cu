#include "core/ops/element_loss.h"

#include "core/ops/rules.h"
#include "gpu/kernel.h"
#include "gpu/mean.cuh"

namespace tandem::cuda {
namespace {

using In = ops::LossIn;

template <class Rule>
struct Loss {
  ops::LossValues values;
  const float *x, *target, *weights;  // weights: nullptr: all 1
  __device__ float operator()(std::int64_t i) const {
    const float loss = Rule::template value<ops::StandardMath>(x[i], target[i], values.p);
    return weights ? loss * weights[i] : loss;
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kPrediction).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const auto a, ops::ElementLossAttrs::from(request.attrs()));
  const auto shape = ops::FirstAxis::of(request.in(In::kPrediction).shape);
  return ops::withElementLoss(a.kind, [&]<class Rule>() {
    return makeKernel(
        [values = a.values(), shape, weighted = request.call.hasOperand(In::kWeights)](cudaStream_t stream,
                                                                                       const Operands& o) {
          const Loss<Rule> loss{values, o.input<float>(In::kPrediction), o.input<float>(In::kTarget),
                                weighted ? o.input<float>(In::kWeights) : nullptr};
          return meanOfValid(
              "element_loss", stream,
              ValidOnly<Loss<Rule>>{loss, o.input<float>(In::kStep), shape.rows, shape.columns},
              static_cast<float*>(o.workspace), o.output<float>(0));
        },
        meanWorkspace(shape.rows * shape.columns));
  });
}

}  // namespace

extern const KernelList element_loss;
const KernelList element_loss = {{"cuda", make}};

}  // namespace tandem::cuda
