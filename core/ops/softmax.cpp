#include "core/ops/softmax.h"

#include <algorithm>
#include <cmath>

#include "core/ops/rules.h"
#include "core/ops/softmax_grad.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  if (in[0].shape.rank() < 1) return invalid("softmax needs an axis to sum over");
  return std::vector{in[0]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_ASSIGN(const ValueId dx, c.program.append1(softmax_grad, {}, {c.outputGrads[0], c.output(0)}));
  return std::vector<ValueId>{dx};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const LastAxis shape = LastAxis::of(in[0].type.shape);
  for (std::int64_t r = 0; r < shape.rows; ++r) {
    const double* x = &in[0].data[at(r * shape.columns)];
    double* y = &out[0].data[at(r * shape.columns)];
    const double highest = *std::max_element(x, x + shape.columns);
    double sum = 0;
    for (std::int64_t j = 0; j < shape.columns; ++j) sum += y[j] = std::exp(x[j] - highest);
    for (std::int64_t j = 0; j < shape.columns; ++j) y[j] /= sum;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(20, in, out);
}

std::vector<Sample> samples() {
  return {
      {.name = "matrix", .inputs = {f32({5, 7})}},
      {.name = "rank3", .inputs = {f32({2, 3, 17})}},
      {.name = "vector", .inputs = {f32({11})}},
      {.name = "one_column", .inputs = {f32({4, 1})}},
      {.name = "ten_classes", .inputs = {f32({512, 10})}, .perf = true, .gradientCheck = false},
      {.name = "thousand_classes", .inputs = {f32({256, 1000})}, .perf = true, .gradientCheck = false},
  };
}

}  // namespace

const OpDef softmax = {
    .name = "softmax",
    .summary = "y = exp(x) / sum(exp(x)), over the last axis",
    .operands = {"x"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "exponentials and their sums"},
};

}  // namespace tandem::ops
