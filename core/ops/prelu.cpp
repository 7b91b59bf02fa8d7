#include "core/ops/prelu.h"

#include "core/ops/prelu_grad.h"
#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  if (in[0].shape.rank() < 1) return invalid("a scalar has no channels");
  if (in[1].shape != Shape{in[0].shape[-1]})
    return invalid("must have " + std::to_string(in[0].shape[-1]) + " slopes, one per channel, not " +
                   in[1].shape.text());
  return std::vector{in[0]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  return c.program.append(prelu_grad, {}, {c.outputGrads[0], c.input(0), c.input(1)});
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::size_t c = in[1].data.size();
  for (std::size_t i = 0; i < in[0].data.size(); ++i) {
    const double x = in[0].data[i];
    out[0].data[i] = x > 0 ? x : in[1].data[i % c] * x;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(1, in, out);
}

std::vector<Sample> samples() {
  return {
      {.name = "matrix", .inputs = {f32({5, 7}), f32({7})}},
      {.name = "image", .inputs = {f32({2, 3, 5, 3}), f32({3})}},
      {.name = "one_channel", .inputs = {f32({9, 1}), f32({1})}},
      {.name = "wide", .inputs = {f32({3, 5, 40}), f32({40})}, .gradientCheck = false},
      {.name = "cnn", .inputs = {f32({32, 28, 28, 32}), f32({32})}, .perf = true, .gradientCheck = false},
  };
}

}  // namespace

const OpDef prelu = {
    .name = "prelu",
    .summary = "y = x where x > 0, else alpha x, over the last axis",
    .operands = {"x", "alpha"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}, .why = "slopes in fp32"},
};

}  // namespace tandem::ops
