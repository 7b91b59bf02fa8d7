#include "core/ops/score_histogram.h"

#include <algorithm>
#include <cmath>

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
    return invalid("cannot rate class " + std::to_string(wanted) +
                   ", because the output has the classes 0 to " + std::to_string(classes - 1));
  TANDEM_TRY(requireLabels(in[In::kTarget], scores[0]));
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  return std::vector<TensorType>{{DType::F32, Shape{2, kScoreBins}}};
}

double logOdds(const double* x, std::int64_t columns, std::int64_t wanted) {
  if (columns == 1) return wanted == 1 ? x[0] : -x[0];
  double highest = -std::numeric_limits<double>::infinity(), sum = 0;
  for (std::int64_t j = 0; j < columns; ++j)
    if (j != wanted) highest = std::max(highest, x[j]);
  for (std::int64_t j = 0; j < columns; ++j)
    if (j != wanted) sum += std::exp(x[j] - highest);
  return x[wanted] - highest - std::log(sum);
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::int64_t wanted = attrs.integer("class", 1), c = in[In::kPrediction].type.shape[1];
  const std::int64_t valid = validRows(stepOf(in[In::kStep]).data(), in[In::kPrediction].type.shape[0]);
  std::ranges::fill(out[0].data, 0);
  for (std::int64_t r = 0; r < valid; ++r) {
    const std::int64_t bin =
        scoreBin(static_cast<float>(logOdds(&in[In::kPrediction].data[at(r * c)], c, wanted)));
    const bool own = in[In::kTarget].data[at(r)] == static_cast<double>(wanted);
    out[0].data[at((own ? kScoreBins : 0) + bin)] += 1.0;
  }
  for (double& count : out[0].data) count /= static_cast<double>(std::max<std::int64_t>(valid, 1));
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = 4 * static_cast<double>(in[In::kPrediction].shape.elements());
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
  Sample byDefault = of("default", 1, 33, 4, 33), wide = of("beyond_the_range", 0, 40, 3, 40),
         ties = of("ties", 1, 7, 2, 7);
  byDefault.attrs = {};
  wide.inputs[In::kPrediction].fill = Fill::Wide;
  ties.inputs[In::kPrediction].fill = Fill::Zeros;
  return {byDefault,
          wide,
          ties,
          of("padded", 1, 9, 3, 4),
          of("column", 1, 33, 1, 20),
          of("column_class0", 0, 33, 1, 33),
          of("many_rows", 1, 700, 2, 650),
          of("long_rows", 2499, 5, 2500, 5),
          of("large", 5, 1024, 100, 1024, true)};
}

}  // namespace

const OpDef score_histogram = {
    .name = "score_histogram",
    .summary = "fractions of rows of other classes and of class k by the log odds of k",
    .operands = {"scores", "labels", "step"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "a metric"},
};

}  // namespace tandem::ops
