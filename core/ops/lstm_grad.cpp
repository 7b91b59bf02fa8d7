#include "core/ops/lstm_grad.h"

#include "core/ops/recurrent.h"

namespace tandem::ops {
namespace {

constexpr RecurrentForm kForm = RecurrentForm::of<LstmCell>();

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

const OpDef lstm_grad = {
    .name = "lstm_grad",
    .summary = "dx, dh0, dc0 and the states before each step of lstm from dy, dh, dc",
    .infer = infer,
    .reference = recurrentGradReference<LstmCell>,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {2, 3, 4, 5, 7, 8},
    .half = {.why = "states and their gradients in fp32, since errors pass through the steps"},
};

}  // namespace tandem::ops
