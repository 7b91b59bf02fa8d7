#include "core/ops/element_loss_grad.h"

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(ElementLossAttrs::from(attrs));
  TANDEM_TRY(requireSameShape(in[0], in[1]));
  TANDEM_TRY(requireStepBlock(in[2]));
  TANDEM_TRY(requireWeights(in, 3, in[0].shape));
  return std::vector{in[0]};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const ElementLossAttrs a = *ElementLossAttrs::from(attrs);
  const FirstAxis shape = FirstAxis::of(in[0].type.shape);
  const std::vector<float> block = stepOf(in[2]);
  const std::int64_t count = validRows(block.data(), shape.rows) * shape.columns;
  withElementLoss(a.kind, [&]<class Loss>() {
    for (std::int64_t i = 0; i < shape.rows * shape.columns; ++i)
      out[0].data[at(i)] = i < count ? Loss::template derivative<StandardMath>(
                                           in[0].data[at(i)], in[1].data[at(i)], a.parameters.data()) *
                                           (hasOperand(in, 3) ? in[3].data[at(i)] : 1.0) *
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
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {3},
    .half = {.why = "the loss"},
};

}  // namespace tandem::ops
