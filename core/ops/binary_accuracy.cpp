#include "core/ops/binary_accuracy.h"

#include "core/ops/rules.h"

namespace tandem::ops {

using In = LossIn;

namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  if (in[In::kPrediction].shape.rank() < 1) return invalid("needs one row per sample");
  TANDEM_TRY(requireSameShape(in[In::kPrediction], in[In::kTarget]));
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  return std::vector<TensorType>{{DType::F32, Shape{1}}};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const FirstAxis shape = FirstAxis::of(in[In::kPrediction].type.shape);
  const std::int64_t count = validRows(stepOf(in[In::kStep]).data(), shape.rows) * shape.columns;
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double logit = in[In::kPrediction].data[at(i)];
    right += in[In::kTarget].data[at(i)] > 0.5 ? logit > 0 : logit <= 0;
  }
  out[0].data[0] = count > 0 ? static_cast<double>(right) / static_cast<double>(count) : 0.0;
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = 2.0 * static_cast<double>(in[In::kPrediction].shape.elements());
  return total;
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, Shape shape, std::int64_t valid, bool perf = false) {
    return Sample{
        .name = std::move(name), .inputs = {f32(shape), f32(shape, Fill::Unit), step(valid)}, .perf = perf};
  };
  return {of("column", {33, 1}, 33), of("padded", {9, 1}, 4), of("several", {7, 5}, 7),
          of("large", {65536, 1}, 65536, true)};
}

}  // namespace

const OpDef binary_accuracy = {
    .name = "binary_accuracy",
    .summary = "fraction of (x > 0) == (t > 0.5) over the valid rows",
    .operands = {"logits", "target", "step"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "a metric"},
};

}  // namespace tandem::ops
