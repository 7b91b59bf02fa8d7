#include "core/ops/copy.h"

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  return std::vector{in[0]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  return std::vector<ValueId>{c.outputGrads[0]};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  out[0].data = in[0].data;
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(0, in, out);
}

std::vector<Sample> samples() {
  return {
      {.name = "odd", .inputs = {f32({5, 7})}},
      {.name = "labels", .inputs = {labels(13, 10)}, .gradientCheck = false},
      {.name = "large", .inputs = {f32({1024, 1023})}, .perf = true, .gradientCheck = false},
  };
}

}  // namespace

const OpDef copy = {
    .name = "copy",
    .summary = "y = x",
    .operands = {"x"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
