#include "core/ops/target_moments.h"

#include "core/ops/rules.h"

namespace tandem::ops {

using In = LossIn;

namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  if (in[In::kPrediction].shape.rank() < 1) return invalid("needs one row per sample");
  TANDEM_TRY(requireSameShape(in[In::kPrediction], in[In::kTarget]));
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  return std::vector<TensorType>{{DType::F32, Shape{3}}};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const FirstAxis shape = FirstAxis::of(in[In::kPrediction].type.shape);
  const std::int64_t count = validRows(stepOf(in[In::kStep]).data(), shape.rows) * shape.columns;
  double error = 0, first = 0, second = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double t = in[In::kTarget].data[at(i)], d = in[In::kPrediction].data[at(i)] - t;
    error += d * d;
    first += t;
    second += t * t;
  }
  const double n = count > 0 ? static_cast<double>(count) : 1.0;
  out[0].data = {error / n, first / n, second / n};
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = 7.0 * static_cast<double>(in[In::kPrediction].shape.elements());
  return total;
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, Shape shape, std::int64_t valid, bool perf = false) {
    return Sample{.name = std::move(name), .inputs = {f32(shape), f32(shape), step(valid)}, .perf = perf};
  };
  return {of("table", {33, 7}, 33), of("padded", {9, 1}, 4), of("vector", {17}, 17),
          of("images", {5, 3, 4, 2}, 3), of("large", {1024, 784}, 1000, true)};
}

}  // namespace

const OpDef target_moments = {
    .name = "target_moments",
    .summary = "means of (x - t)^2, t and t^2 over the valid rows",
    .operands = {"prediction", "target", "step"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "a metric"},
};

}  // namespace tandem::ops
