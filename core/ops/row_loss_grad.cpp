#include "core/ops/row_loss_grad.h"

#include "core/ops/rules.h"

namespace tandem::ops {

using In = RowLossGradIn;

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(RowLossAttrs::from(attrs));
  TANDEM_TRY(requireSameShape(in[In::kPrediction], in[In::kTarget]));
  TANDEM_CHECK(in[In::kPrediction].shape.rank() >= 2, "predictions are rows");
  const TensorType factors{DType::F32, Shape{rowsOf(attrs, in[In::kPrediction].shape).rows(), kRowFactors}};
  TANDEM_CHECK(in[In::kFactors] == factors, "factors of each row");
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  TANDEM_TRY(requireWeights(in, In::kWeights, Shape{rowsOf(attrs, in[In::kPrediction].shape).rows()}));
  return std::vector{in[In::kPrediction]};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const RowLossAttrs a = *RowLossAttrs::from(attrs);
  const LossRows rows = rowsOf(attrs, in[In::kPrediction].type.shape);
  const std::vector<float> block = stepOf(in[In::kStep]);
  const std::int64_t valid = rows.valid(block.data());
  withRowLoss(a.kind, [&]<class Loss>() {
    for (std::int64_t i = 0; i < rows.rows() * rows.columns; ++i) {
      const std::int64_t row = i / rows.columns;
      const double* f = &in[In::kFactors].data[at(row * kRowFactors)];
      const double weight = hasOperand(in, In::kWeights) ? in[In::kWeights].data[at(row)] : 1.0;
      out[0].data[at(i)] = row < valid ? Loss::template derivative<StandardMath>(
                                             in[In::kPrediction].data[at(i)], in[In::kTarget].data[at(i)],
                                             RowFactors<double>{f[0], f[1]}) *
                                             weight * block[kStepLossScale] / static_cast<double>(valid)
                                       : 0.0;
    }
  });
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(RowLossAttrs::from(attrs)->info().flops, in, out);
}

// With arbitrary factors, and with logits whose exponentials are then finite.
std::vector<Sample> samples() {
  std::vector<Sample> all = row_loss.samples();
  for (Sample& sample : all) {
    const LossRows rows = rowsOf(sample.attrs, sample.inputs[In::kPrediction].type.shape);
    if (sample.inputs[In::kPrediction].fill == Fill::Wide)
      sample.inputs[In::kPrediction].fill = Fill::Distinct;
    sample.inputs.insert(sample.inputs.begin() + 2, f32({rows.rows(), kRowFactors}, Fill::Unit));
  }
  return all;
}

}  // namespace

const OpDef row_loss_grad = {
    .name = "row_loss_grad",
    .summary = "dx = w l'(x, t, factors) lossScale / valid rows",
    .operands = {"prediction", "target", "factors", "step", "weights"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kWeights},
    .half = {.why = "the loss"},
};

}  // namespace tandem::ops
