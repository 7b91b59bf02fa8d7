#include "core/ops/add.h"

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  TANDEM_TRY(requireSameShape(in[0], in[1]));
  return std::vector{in[0]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  return std::vector<ValueId>{c.outputGrads[0], c.outputGrads[0]};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  for (std::size_t i = 0; i < in[0].data.size(); ++i) out[0].data[i] = in[0].data[i] + in[1].data[i];
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(1, in, out);
}

std::vector<Sample> samples() {
  return {
      {.name = "odd", .inputs = {f32({5, 7}), f32({5, 7})}},
      {.name = "image", .inputs = {f32({2, 3, 5, 3}), f32({2, 3, 5, 3})}},
      {.name = "one", .inputs = {f32({1}), f32({1})}},
      {.name = "large",
       .inputs = {f32({1024, 1023}), f32({1024, 1023})},
       .perf = true,
       .gradientCheck = false},
  };
}

}  // namespace

const OpDef add = {
    .name = "add",
    .summary = "y = a + b",
    .operands = {"a", "b"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0, 1}},
};

}  // namespace tandem::ops
