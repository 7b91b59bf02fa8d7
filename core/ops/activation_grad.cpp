#include "core/ops/activation_grad.h"

#include "core/ops/rules.h"

namespace tandem::ops {

using In = ActivationGradIn;

namespace {

std::size_t operandOf(ActivationKind kind) {
  return derivativeFromOutput(kind) ? In::kY : In::kX;
}

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const ActivationAttrs a, ActivationAttrs::from(attrs));
  TANDEM_TRY(requireSameShape(in[In::kDy], in[operandOf(a.kind)]));
  return std::vector{in[In::kDy]};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const ActivationAttrs a = *ActivationAttrs::from(attrs);
  const std::vector<double>& point = in[operandOf(a.kind)].data;  // x or y: the derivative needs only one
  for (std::size_t i = 0; i < point.size(); ++i)
    out[0].data[i] = in[In::kDy].data[i] * activateDerivative(a.kind, a.alpha, point[i], point[i]);
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(derivativeFromOutput(ActivationAttrs::from(attrs)->kind) ? 3 : 25, in, out);
}

std::vector<Sample> samples() {
  std::vector<Sample> all;
  for (int kind = 0; kind < kActivationKinds; ++kind) {
    ActivationAttrs a{static_cast<ActivationKind>(kind)};
    if (a.kind == ActivationKind::LeakyRelu) a.alpha = 0.01;
    if (a.kind == ActivationKind::Elu) a.alpha = 1.3;
    // Outputs of sigmoid and softplus are positive; those of the others can have any value.
    const bool unit = a.kind == ActivationKind::Sigmoid || a.kind == ActivationKind::HardSigmoid;
    const Fill fill = unit ? Fill::Unit : a.kind == ActivationKind::Softplus ? Fill::Positive : Fill::Normal;
    for (const bool large : {false, true}) {
      const Shape shape = large ? Shape{32, 28, 28, 32} : Shape{3, 5, 7};
      const bool fromOutput = derivativeFromOutput(a.kind);
      all.push_back({.name = std::string(nameOf(a.kind)) + (large ? "_large" : ""),
                     .attrs = a.attrs(),
                     .inputs = {f32(shape), fromOutput ? absent() : f32(shape, fill),
                                fromOutput ? f32(shape, fill) : absent()},
                     .perf = large});
    }
  }
  return all;
}

}  // namespace

const OpDef activation_grad = {
    .name = "activation_grad",
    .summary = "dx = dy f'(x)",
    .operands = {"dy", "x", "y"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kX, In::kY},
    .half = {.inputs = {In::kDy, In::kX, In::kY}},
};

}  // namespace tandem::ops
