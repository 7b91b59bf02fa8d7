#include "core/ops/bias_grad.h"

#include <algorithm>

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  if (in[0].shape.rank() < 1) return invalid("a scalar cannot have a bias");
  return std::vector<TensorType>{{DType::F32, Shape{in[0].shape[-1]}}};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::size_t c = out[0].data.size();
  std::ranges::fill(out[0].data, 0.0);
  for (std::size_t i = 0; i < in[0].data.size(); ++i) out[0].data[i % c] += in[0].data[i];
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = static_cast<double>(in[0].shape.elements());
  return total;
}

std::vector<Sample> samples() {
  return {
      {.name = "matrix", .inputs = {f32({5, 7})}},
      {.name = "image", .inputs = {f32({2, 3, 5, 3})}},
      {.name = "one_row", .inputs = {f32({1, 17})}},
      {.name = "one_channel", .inputs = {f32({1001, 1})}},
      {.name = "few_channels", .inputs = {f32({257, 10})}},
      {.name = "mlp", .inputs = {f32({512, 512})}, .perf = true},
      {.name = "cnn", .inputs = {f32({32, 28, 28, 32})}, .perf = true, .toleranceScale = 4},
  };
}

}  // namespace

const OpDef bias_grad = {
    .name = "bias_grad",
    .summary = "db = sum of dy over all but the last axis",
    .operands = {"dy"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}, .why = "the gradient in fp32"},
};

}  // namespace tandem::ops
