#include "core/ops/simple_rnn_grad.h"

#include "core/ops/recurrent.h"
#include "core/ops/simple_rnn.h"

namespace tandem::ops {
namespace {

using TanhCell = SimpleCell<ActivationKind::Tanh>;
using ReluCell = SimpleCell<ActivationKind::Relu>;
constexpr RecurrentForm kForm = RecurrentForm::of<TanhCell>();

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(isReluRnn(attrs));
  return recurrentGradTypes(attrs, kForm, in);
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  if (*isReluRnn(attrs))
    recurrentGradReference<ReluCell>(attrs, in, out);
  else
    recurrentGradReference<TanhCell>(attrs, in, out);
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return recurrentCost(kForm, in[1].shape, in[0].shape, in, out);
}

std::vector<Sample> samples() {
  std::vector<Sample> list = recurrentGradSamples(kForm);
  // y is between -1 and 1, as tanh is; elsewhere its derivative would make gradients grow.
  for (Sample& s : list) s.inputs[1].fill = Fill::Unit;
  for (Sample& s : recurrentGradSamples(kForm)) {
    if (!s.name.starts_with("all") && !s.name.starts_with("wide")) continue;
    s.name += "_relu";
    s.attrs.set("activation", std::string("relu"));
    list.push_back(std::move(s));
  }
  return list;
}

}  // namespace

const OpDef simple_rnn_grad = {
    .name = "simple_rnn_grad",
    .summary = "dx, dh0 and the states before each step of simple_rnn from dy, dh",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {2, 3, 4, 5},
    .half = {.why = "states and their gradients in fp32, since errors pass through the steps"},
};

}  // namespace tandem::ops
