#include "core/ops/class_counts.h"

#include <algorithm>

#include "core/ops/predicted_class.h"
#include "core/ops/rules.h"

namespace tandem::ops {

using In = LossIn;

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  const Shape& scores = in[In::kPrediction].shape;
  if (scores.rank() != 2 || scores[1] < 1)
    return invalid("needs one vector of scores per sample, but the output is " + scores.text());
  const std::int64_t wanted = attrs.integer("class", 1), classes = std::max<std::int64_t>(scores[1], 2);
  if (wanted < 0 || wanted >= classes)
    return invalid("cannot count class " + std::to_string(wanted) +
                   ", because the output has the classes 0 to " + std::to_string(classes - 1));
  TANDEM_TRY(requireLabels(in[In::kTarget], scores[0]));
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  return std::vector<TensorType>{{DType::F32, Shape{3}}};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::int64_t wanted = attrs.integer("class", 1), c = in[In::kPrediction].type.shape[1];
  const std::int64_t valid = validRows(stepOf(in[In::kStep]).data(), in[In::kPrediction].type.shape[0]);
  std::int64_t both = 0, predicted = 0, labeled = 0;
  for (std::int64_t r = 0; r < valid; ++r) {
    const bool isPredicted = predictedClass(&in[In::kPrediction].data[at(r * c)], c) == wanted;
    const bool isLabel = in[In::kTarget].data[at(r)] == static_cast<double>(wanted);
    both += isPredicted && isLabel;
    predicted += isPredicted;
    labeled += isLabel;
  }
  const double rows = static_cast<double>(std::max<std::int64_t>(valid, 1));
  out[0].data = {static_cast<double>(both) / rows, static_cast<double>(predicted) / rows,
                 static_cast<double>(labeled) / rows};
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = static_cast<double>(in[In::kPrediction].shape.elements());
  return total;
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, std::int64_t wanted, std::int64_t n, std::int64_t c,
                     std::int64_t valid, bool perf = false) {
    return Sample{.name = std::move(name),
                  .attrs = {{"class", wanted}},
                  .inputs = {f32({n, c}), labels(n, std::max<std::int64_t>(c, 2)), step(valid)},
                  .perf = perf};
  };
  const auto tied = [&](Sample sample) {
    sample.inputs[In::kPrediction].fill = Fill::Zeros;
    return sample;
  };
  Sample byDefault = of("default", 1, 33, 4, 33), outside = of("label_out_of_range", 2, 9, 3, 9);
  byDefault.attrs = {};
  outside.inputs[In::kTarget].bound = 6;
  return {byDefault,
          outside,
          of("first", 0, 33, 4, 33),
          of("last", 16, 100, 17, 100),
          of("padded", 1, 9, 3, 4),
          of("column", 1, 33, 1, 33),
          of("column_class0", 0, 33, 1, 20),
          of("many_rows", 1, 700, 2, 650),
          tied(of("ties_first", 0, 5, 4, 5)),
          tied(of("ties_later", 1, 5, 4, 5)),
          tied(of("column_at_zero", 0, 5, 1, 5)),
          of("long_rows", 2, 5, 2500, 5),
          tied(of("long_ties", 0, 5, 2500, 5)),
          of("large", 5, 1024, 1000, 1024, true)};
}

}  // namespace

const OpDef class_counts = {
    .name = "class_counts",
    .summary = "fractions of rows with prediction and label k, prediction k, label k",
    .operands = {"scores", "labels", "step"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "a metric"},
};

}  // namespace tandem::ops
