#include "core/ops/regularize.h"

#include "core/ops/rules.h"

namespace tandem::ops {

using In = RegularizeIn;

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  if (!(attrs.number("l1", 0) >= 0 && attrs.number("l2", 0) >= 0))
    return invalid("the L1 and L2 penalties must not be negative");
  TANDEM_TRY(requireSameShape(in[In::kGradients], in[In::kWeights]));
  if (hasOperand(in, In::kStep)) TANDEM_TRY(requireStepBlock(in[In::kStep]));
  return std::vector{in[In::kGradients]};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const double l1 = attrs.number("l1", 0), l2 = attrs.number("l2", 0);
  const double scale = hasOperand(in, In::kStep) ? in[In::kStep].data[kStepLossScale] : 1.0;
  for (std::size_t i = 0; i < in[In::kGradients].data.size(); ++i) {
    const double w = in[In::kWeights].data[i];
    const double sign = w > 0 ? 1.0 : (w < 0 ? -1.0 : 0.0);
    out[0].data[i] = in[In::kGradients].data[i] + scale * (l1 * sign + 2 * l2 * w);
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(4, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, double l1, double l2, Shape shape, bool withStep) {
    Sample s{.name = std::move(name), .attrs = {{"l1", l1}, {"l2", l2}}, .inputs = {f32(shape), f32(shape)}};
    if (withStep) s.inputs.push_back(step());
    return s;
  };
  Sample zeros = of("zero_weights", 0.1, 0.1, {9}, true);
  zeros.inputs[In::kWeights].fill = Fill::Zeros;
  Sample large = of("large", 1e-4, 1e-4, {784, 512}, true);
  large.perf = true;
  return {of("l1", 0.01, 0, {5, 7}, true), of("l2", 0, 0.02, {3, 3, 5}, true),
          of("both", 0.01, 0.02, {17}, false), zeros, large};
}

}  // namespace

const OpDef regularize = {
    .name = "regularize",
    .summary = "g += lossScale (l1 sign(w) + 2 l2 w)",
    .operands = {"gradients", "weights", "step"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .inPlace = {{0, In::kGradients}},
    .optionalInputs = {In::kStep},
    .half = {.why = "weight gradients stay in fp32"},
};

}  // namespace tandem::ops
