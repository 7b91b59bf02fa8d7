#include "core/ops/regression_loss_grad.h"

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(RegressionLossAttrs::from(attrs));
  TANDEM_TRY(requireSameShape(in[0], in[1]));
  TANDEM_TRY(requireStepBlock(in[2]));
  return std::vector{in[0]};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const RegressionLossAttrs a = *RegressionLossAttrs::from(attrs);
  const FirstAxis shape = FirstAxis::of(in[0].type.shape);
  const std::vector<float> block = stepOf(in[2]);
  const std::int64_t count = validRows(block.data(), shape.rows) * shape.columns;
  for (std::int64_t i = 0; i < shape.rows * shape.columns; ++i)
    out[0].data[at(i)] =
        i < count ? regressionLossDerivative(a.kind, a.delta, in[0].data[at(i)], in[1].data[at(i)]) *
                        block[kStepLossScale] / static_cast<double>(count)
                  : 0.0;
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  const bool bce = RegressionLossAttrs::from(attrs)->kind == RegressionLossKind::BceLogits;
  return elementwiseCost(bce ? 20 : 4, in, out);
}

std::vector<Sample> samples() {
  return regression_loss.samples();
}

}  // namespace

const OpDef regression_loss_grad = {
    .name = "regression_loss_grad",
    .summary = "dx = l'(x, t) lossScale / (validRows columns)",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "the loss"},
};

}  // namespace tandem::ops
