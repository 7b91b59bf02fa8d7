#include "core/ops/element_loss_grad.h"

#include "core/ops/rules.h"

namespace tandem::ops {

using In = LossIn;

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(ElementLossAttrs::from(attrs));
  TANDEM_TRY(requireSameShape(in[In::kPrediction], in[In::kTarget]));
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  TANDEM_TRY(requireWeights(in, In::kWeights, in[In::kPrediction].shape));
  return std::vector{in[In::kPrediction]};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const ElementLossAttrs a = *ElementLossAttrs::from(attrs);
  const FirstAxis shape = FirstAxis::of(in[In::kPrediction].type.shape);
  const std::vector<float> block = stepOf(in[In::kStep]);
  const std::int64_t count = validRows(block.data(), shape.rows) * shape.columns;
  withElementLoss(a.kind, [&]<class Loss>() {
    for (std::int64_t i = 0; i < shape.rows * shape.columns; ++i)
      out[0].data[at(i)] =
          i < count ? Loss::template derivative<StandardMath>(
                          in[In::kPrediction].data[at(i)], in[In::kTarget].data[at(i)], a.parameters.data()) *
                          (hasOperand(in, In::kWeights) ? in[In::kWeights].data[at(i)] : 1.0) *
                          block[kStepLossScale] / static_cast<double>(count)
                    : 0.0;
  });
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(ElementLossAttrs::from(attrs)->info().flops, in, out);
}

std::vector<Sample> samples() {
  return element_loss.samples();
}

}  // namespace

const OpDef element_loss_grad = {
    .name = "element_loss_grad",
    .summary = "dx = l'(x, t) lossScale / (validRows columns)",
    .operands = {"prediction", "target", "step", "weights"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kWeights},
    .half = {.why = "the loss"},
};

}  // namespace tandem::ops
