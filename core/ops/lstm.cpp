#include "core/ops/lstm.h"

#include "core/ops/lstm_grad.h"
#include "core/ops/recurrent.h"

namespace tandem::ops {
namespace {

constexpr RecurrentForm kForm = RecurrentForm::of<LstmCell>();

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  return recurrentTypes(attrs, kForm, in);
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  return recurrentGradient(c, kForm, lstm_grad);
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return recurrentCost(kForm, in[0].shape, in[1].shape, in, out);
}

std::vector<Sample> samples() {
  return recurrentSamples(kForm);
}

}  // namespace

const OpDef lstm = {
    .name = "lstm",
    .summary = "h, c = o tanh(c), f c + i g over the steps of a sequence",
    .infer = infer,
    .gradient = gradient,
    .reference = recurrentReference<LstmCell>,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {2, 3, 4},
    .half = {.why = "states in fp32, since errors pass through the steps"},
};

}  // namespace tandem::ops
