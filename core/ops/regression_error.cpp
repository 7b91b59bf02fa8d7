#include "core/ops/regression_error.h"

#include <cmath>

#include "core/ops/rules.h"

namespace tandem::ops {

using In = LossIn;

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  const std::string kind = attrs.text("kind", "mse");
  if (kind != "mae" && kind != "mse") return invalid("unknown error metric '" + kind + "'");
  if (in[In::kPrediction].shape.rank() < 1) return invalid("needs one row per sample");
  TANDEM_TRY(requireSameShape(in[In::kPrediction], in[In::kTarget]));
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  return std::vector<TensorType>{{DType::F32, Shape{1}}};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const bool absolute = attrs.text("kind", "mse") == "mae";
  const FirstAxis shape = FirstAxis::of(in[In::kPrediction].type.shape);
  const std::int64_t count = validRows(stepOf(in[In::kStep]).data(), shape.rows) * shape.columns;
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double d = in[In::kPrediction].data[at(i)] - in[In::kTarget].data[at(i)];
    sum += absolute ? std::abs(d) : d * d;
  }
  out[0].data[0] = count > 0 ? sum / static_cast<double>(count) : 0.0;
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = 3.0 * static_cast<double>(in[In::kPrediction].shape.elements());
  return total;
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, std::string kind, Shape shape, std::int64_t valid, bool perf = false) {
    return Sample{.name = std::move(name),
                  .attrs = {{"kind", std::move(kind)}},
                  .inputs = {f32(shape), f32(shape), step(valid)},
                  .perf = perf};
  };
  return {of("mae", "mae", {33, 7}, 33), of("mse", "mse", {33, 7}, 33), of("padded", "mse", {9, 1}, 4),
          of("large", "mse", {1024, 784}, 1000, true)};
}

}  // namespace

const OpDef regression_error = {
    .name = "regression_error",
    .summary = "mean |x - t| or mean (x - t)^2 over the valid rows",
    .operands = {"prediction", "target", "step"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "a metric"},
};

}  // namespace tandem::ops
