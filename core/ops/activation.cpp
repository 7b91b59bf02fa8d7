#include "core/ops/activation.h"

#include "core/ops/activation_grad.h"
#include "core/ops/rules.h"

namespace tandem::ops {

Result<ActivationAttrs> ActivationAttrs::from(const Attrs& attrs) {
  const auto kind = activationFromName(attrs.text("kind", "none"));
  if (!kind) return invalid("unknown activation '" + attrs.text("kind", "none") + "'");
  ActivationAttrs a{*kind, attrs.number("alpha", 0)};
  // With a negative alpha the sign of y would not determine the sign of x, which the derivative depends on.
  if (!(a.alpha >= 0)) return invalid("alpha must not be negative");
  return a;
}

Attrs ActivationAttrs::attrs() const {
  Attrs attrs{{"kind", std::string(nameOf(kind))}};
  if (alpha != 0) attrs.set("alpha", alpha);
  return attrs;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(ActivationAttrs::from(attrs));
  return std::vector{in[0]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_ASSIGN(const ActivationAttrs a, ActivationAttrs::from(c.node.attrs));
  const bool fromOutput = derivativeFromOutput(a.kind);
  const ValueId x = fromOutput ? kNoValue : c.input(0), y = fromOutput ? c.output(0) : kNoValue;
  TANDEM_ASSIGN(const ValueId dx, c.program.append1(activation_grad, c.node.attrs, {c.outputGrads[0], x, y}));
  return std::vector<ValueId>{dx};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const ActivationAttrs a = *ActivationAttrs::from(attrs);
  for (std::size_t i = 0; i < in[0].data.size(); ++i)
    out[0].data[i] = activate(a.kind, a.alpha, in[0].data[i]);
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  const ActivationKind kind = ActivationAttrs::from(attrs)->kind;
  const bool cheap = kind == ActivationKind::None || kind == ActivationKind::Relu ||
                     kind == ActivationKind::LeakyRelu || kind == ActivationKind::Relu6 ||
                     kind == ActivationKind::HardSigmoid || kind == ActivationKind::HardSwish;
  return elementwiseCost(cheap ? 1 : 20, in, out);
}

std::vector<Sample> samples() {
  std::vector<Sample> all;
  for (int kind = 0; kind < kActivationKinds; ++kind) {
    ActivationAttrs a{static_cast<ActivationKind>(kind)};
    if (a.kind == ActivationKind::LeakyRelu) a.alpha = 0.01;
    if (a.kind == ActivationKind::Elu) a.alpha = 1.3;
    const std::string name(nameOf(a.kind));
    all.push_back({.name = name, .attrs = a.attrs(), .inputs = {f32({3, 5, 7})}});
    all.push_back({.name = name + "_large",
                   .attrs = a.attrs(),
                   .inputs = {f32({32, 28, 28, 32})},
                   .perf = true,
                   .gradientCheck = false});
  }
  return all;
}

}  // namespace

const OpDef activation = {
    .name = "activation",
    .summary = "y = f(x)",
    .operands = {"x"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
