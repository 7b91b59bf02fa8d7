#include "core/ops/simple_rnn.h"

#include "core/ops/recurrent.h"
#include "core/ops/simple_rnn_grad.h"

namespace tandem::ops {

Result<bool> isReluRnn(const Attrs& attrs) {
  const std::string name = attrs.text("activation", "tanh");
  if (name == "tanh" || name == "relu") return name == "relu";
  return invalid("the activation must be tanh or relu, not '" + name + "'");
}

namespace {

using TanhCell = SimpleCell<ActivationKind::Tanh>;
using ReluCell = SimpleCell<ActivationKind::Relu>;
constexpr RecurrentForm kForm = RecurrentForm::of<TanhCell>();

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(isReluRnn(attrs));
  return recurrentTypes(attrs, kForm, in);
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  return recurrentGradient(c, kForm, simple_rnn_grad);
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  if (*isReluRnn(attrs))
    recurrentReference<ReluCell>(attrs, in, out);
  else
    recurrentReference<TanhCell>(attrs, in, out);
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return recurrentCost(kForm, in[0].shape, in[1].shape, in, out);
}

std::vector<Sample> samples() {
  std::vector<Sample> list = recurrentSamples(kForm);
  for (Sample& s : recurrentSamples(kForm)) {
    if (s.name != "all" && s.name != "reverse" && s.name != "one_step" && s.name != "wide") continue;
    s.name += "_relu";
    s.attrs.set("activation", std::string("relu"));
    list.push_back(std::move(s));
  }
  return list;
}

}  // namespace

const OpDef simple_rnn = {
    .name = "simple_rnn",
    .summary = "h = f(x + h U) over the steps of a sequence",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {2, 3},
    .half = {.why = "states in fp32, since errors pass through the steps"},
};

}  // namespace tandem::ops
