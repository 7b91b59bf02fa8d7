#include "core/ops/gru.h"

#include "core/ops/gru_grad.h"
#include "core/ops/recurrent.h"

namespace tandem::ops {
namespace {

constexpr RecurrentForm kForm = RecurrentForm::of<GruCell>();

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  return recurrentTypes(attrs, kForm, in);
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  return recurrentGradient(c, kForm, gru_grad);
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return recurrentCost(kForm, in[0].shape, in[1].shape, in, out);
}

std::vector<Sample> samples() {
  return recurrentSamples(kForm);
}

}  // namespace

const OpDef gru = {
    .name = "gru",
    .summary = "h = z h + (1 - z) tanh(x + r u) over the steps of a sequence, u = h U + bias",
    .infer = infer,
    .gradient = gradient,
    .reference = recurrentReference<GruCell>,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {2, 3, 4},
    .half = {.why = "states in fp32, since errors pass through the steps"},
};

}  // namespace tandem::ops
