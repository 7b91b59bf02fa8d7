#include "core/ops/gru_grad.h"

#include "core/ops/recurrent.h"

namespace tandem::ops {
namespace {

constexpr RecurrentForm kForm = RecurrentForm::of<GruCell>();

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  return recurrentGradTypes(attrs, kForm, in);
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return recurrentCost(kForm, in[1].shape, in[0].shape, in, out);
}

std::vector<Sample> samples() {
  return recurrentGradSamples(kForm);
}

}  // namespace

const OpDef gru_grad = {
    .name = "gru_grad",
    .summary = "dx, dh0, the gradient of h U and the states before each step of gru from dy, dh",
    .infer = infer,
    .reference = recurrentGradReference<GruCell>,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {2, 3, 4, 5},
    .half = {.why = "states and their gradients in fp32, since errors pass through the steps"},
};

}  // namespace tandem::ops
