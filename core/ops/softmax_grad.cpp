#include "core/ops/softmax_grad.h"

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  TANDEM_TRY(requireSameShape(in[0], in[1]));
  return std::vector{in[0]};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const LastAxis shape = LastAxis::of(in[0].type.shape);
  for (std::int64_t r = 0; r < shape.rows; ++r) {
    const double* dy = &in[0].data[at(r * shape.columns)];
    const double* y = &in[1].data[at(r * shape.columns)];
    double* dx = &out[0].data[at(r * shape.columns)];
    double dot = 0;
    for (std::int64_t j = 0; j < shape.columns; ++j) dot += dy[j] * y[j];
    for (std::int64_t j = 0; j < shape.columns; ++j) dx[j] = y[j] * (dy[j] - dot);
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(4, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, Shape shape, bool perf = false) {
    return Sample{.name = std::move(name), .inputs = {f32(shape), f32(shape, Fill::Unit)}, .perf = perf};
  };
  return {of("matrix", {5, 7}), of("rank3", {2, 3, 17}), of("one_column", {4, 1}),
          of("ten_classes", {512, 10}, true), of("thousand_classes", {256, 1000}, true)};
}

}  // namespace

const OpDef softmax_grad = {
    .name = "softmax_grad",
    .summary = "dx = y (dy - sum(dy y)), over the last axis",
    .operands = {"dy", "y"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "exponentials and their sums"},
};

}  // namespace tandem::ops
