#include "core/ops/confusion_matrix.h"

#include <algorithm>

#include "core/ops/predicted_class.h"
#include "core/ops/rules.h"

namespace tandem::ops {

using In = LossIn;

namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  const Shape& scores = in[In::kPrediction].shape;
  if (scores.rank() != 2 || scores[1] < 1)
    return invalid("needs one vector of scores per sample, but the output is " + scores.text());
  if (scores[1] > kMaxMatrixClasses)
    return invalid("counts up to " + std::to_string(kMaxMatrixClasses) + " classes, but the output has " +
                   std::to_string(scores[1]));
  TANDEM_TRY(requireLabels(in[In::kTarget], scores[0]));
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  const std::int64_t classes = std::max<std::int64_t>(scores[1], 2);
  return std::vector<TensorType>{{DType::F32, Shape{classes, classes}}};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::int64_t c = in[In::kPrediction].type.shape[1], classes = out[0].type.shape[0];
  const std::int64_t valid = validRows(stepOf(in[In::kStep]).data(), in[In::kPrediction].type.shape[0]);
  std::ranges::fill(out[0].data, 0);
  for (std::int64_t r = 0; r < valid; ++r) {
    const double label = in[In::kTarget].data[at(r)];
    if (!(label >= 0 && label < static_cast<double>(classes))) continue;
    const std::int64_t predicted = predictedClass(&in[In::kPrediction].data[at(r * c)], c);
    out[0].data[at(static_cast<std::int64_t>(label) * classes + predicted)] += 1.0;
  }
  for (double& count : out[0].data) count /= static_cast<double>(std::max<std::int64_t>(valid, 1));
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = static_cast<double>(in[In::kPrediction].shape.elements());
  return total;
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, std::int64_t n, std::int64_t c, std::int64_t valid,
                     bool perf = false) {
    return Sample{.name = std::move(name),
                  .attrs = {},
                  .inputs = {f32({n, c}), labels(n, std::max<std::int64_t>(c, 2)), step(valid)},
                  .perf = perf};
  };
  Sample outside = of("label_out_of_range", 9, 3, 9), ties = of("ties", 7, 4, 7);
  outside.inputs[In::kTarget].bound = 6;
  ties.inputs[In::kPrediction].fill = Fill::Zeros;
  return {of("default", 33, 4, 33),
          outside,
          ties,
          of("padded", 9, 3, 4),
          of("column", 33, 1, 20),
          of("many_rows", 700, 2, 650),
          of("many_classes", 600, kMaxMatrixClasses, 599),
          of("large", 8192, 100, 8192, true)};
}

}  // namespace

const OpDef confusion_matrix = {
    .name = "confusion_matrix",
    .summary = "fractions of rows with label i and prediction j",
    .operands = {"scores", "labels", "step"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "a metric"},
};

}  // namespace tandem::ops
