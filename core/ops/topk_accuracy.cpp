#include "core/ops/topk_accuracy.h"

#include "core/ops/rules.h"

namespace tandem::ops {

using In = LossIn;

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  const Shape& logits = in[In::kPrediction].shape;
  if (logits.rank() != 2)
    return invalid("needs one vector of logits per sample, but the output is " + logits.text());
  const std::int64_t k = attrs.integer("k", 1);
  if (k < 1 || k > logits[1])
    return invalid("top-" + std::to_string(k) + " accuracy needs k from 1 to the " +
                   std::to_string(logits[1]) + " classes");
  TANDEM_TRY(requireLabels(in[In::kTarget], logits[0]));
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  return std::vector<TensorType>{{DType::F32, Shape{1}}};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::int64_t k = attrs.integer("k", 1), c = in[In::kPrediction].type.shape[1];
  const std::int64_t valid = validRows(stepOf(in[In::kStep]).data(), in[In::kPrediction].type.shape[0]);
  std::int64_t right = 0;
  for (std::int64_t r = 0; r < valid; ++r) {
    const double label = in[In::kTarget].data[at(r)];
    if (label < 0 || label >= static_cast<double>(c)) continue;
    const double* x = &in[In::kPrediction].data[at(r * c)];
    const double own = x[static_cast<std::int64_t>(label)];
    std::int64_t greater = 0;
    for (std::int64_t j = 0; j < c; ++j) greater += !(x[j] <= own);
    right += greater < k;
  }
  out[0].data[0] = valid > 0 ? static_cast<double>(right) / static_cast<double>(valid) : 0.0;
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = static_cast<double>(in[In::kPrediction].shape.elements());
  return total;
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, std::int64_t k, std::int64_t n, std::int64_t c, std::int64_t valid,
                     bool perf = false) {
    return Sample{.name = std::move(name),
                  .attrs = {{"k", k}},
                  .inputs = {f32({n, c}), labels(n, c), step(valid)},
                  .perf = perf};
  };
  Sample ties = of("ties", 2, 5, 4, 5);
  ties.inputs[In::kPrediction].fill = Fill::Zeros;
  Sample outside = of("label_out_of_range", 1, 4, 3, 4);
  outside.inputs[In::kTarget].bound = 1000;
  return {
      of("top1", 1, 33, 7, 33), of("top5", 5, 33, 17, 33),           of("padded", 1, 9, 3, 4), ties, outside,
      of("all", 3, 4, 3, 4),    of("large", 5, 256, 1000, 256, true)};
}

}  // namespace

const OpDef topk_accuracy = {
    .name = "topk_accuracy",
    .summary = "fraction of rows whose label is among the k highest logits",
    .operands = {"logits", "labels", "step"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "a metric"},
};

}  // namespace tandem::ops
