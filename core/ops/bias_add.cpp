#include "core/ops/bias_add.h"

#include "core/ops/bias_grad.h"
#include "core/ops/rules.h"

namespace tandem::ops {

using In = BiasAddIn;

namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  if (in[In::kX].shape.rank() < 1) return invalid("a scalar cannot have a bias");
  if (in[In::kBias].shape != Shape{in[In::kX].shape[-1]})
    return invalid("the bias must have " + std::to_string(in[In::kX].shape[-1]) + " values");
  return std::vector{in[In::kX]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const ValueId dy = c.outputGrads[0];
  std::vector<ValueId> grads{dy, kNoValue};
  if (c.wanted[In::kBias]) {
    TANDEM_ASSIGN(grads[In::kBias], c.program.append1(bias_grad, {}, {dy}));
  }
  return grads;
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::size_t c = in[In::kBias].data.size();
  for (std::size_t i = 0; i < in[In::kX].data.size(); ++i)
    out[0].data[i] = in[In::kX].data[i] + in[In::kBias].data[i % c];
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(1, in, out);
}

std::vector<Sample> samples() {
  return {
      {.name = "matrix", .inputs = {f32({5, 7}), f32({7})}},
      {.name = "image", .inputs = {f32({2, 3, 5, 3}), f32({3})}},
      {.name = "one_channel", .inputs = {f32({9, 1}), f32({1})}},
      {.name = "mlp", .inputs = {f32({512, 512}), f32({512})}, .perf = true, .gradientCheck = false},
      {.name = "cnn", .inputs = {f32({32, 28, 28, 32}), f32({32})}, .perf = true, .gradientCheck = false},
  };
}

}  // namespace

const OpDef bias_add = {
    .name = "bias_add",
    .summary = "y = x + b, over the last axis",
    .operands = {"x", "bias"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {In::kX, In::kBias}},
};

}  // namespace tandem::ops
