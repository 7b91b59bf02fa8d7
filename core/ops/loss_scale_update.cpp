#include "core/ops/loss_scale_update.h"

#include "core/ops/optimizer_ranges.h"
#include "core/ops/rules.h"

namespace tandem::ops {

using In = LossScaleUpdateIn;
using Out = LossScaleUpdateOut;

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(checkRange("beta 1", attrs.number("beta1", 0), kDecayRateRange));
  TANDEM_TRY(checkRange("beta 2", attrs.number("beta2", 0), kBeta2Range));
  TANDEM_TRY(checkRange("momentum decay", attrs.number("momentum_decay", 0), kMomentumDecayRange));
  const TensorType one{DType::F32, Shape{1}};
  TANDEM_CHECK(in[In::kScale] == (TensorType{DType::F32, Shape{kLossScaleSlots}}),
               "operand is not a loss scale");
  TANDEM_CHECK(in[In::kNorm] == one, "the norm is one number");
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  return std::vector<TensorType>{in[In::kScale], in[In::kStep], one, one, one};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  std::vector<float> scale(in[In::kScale].data.begin(), in[In::kScale].data.end()), step(kStepSlots),
      report(3);
  LossScaleRule::from(attrs)(static_cast<float>(in[In::kNorm].data[0]), stepOf(in[In::kStep]).data(),
                             scale.data(), step.data(), report.data());
  out[Out::kScale].data.assign(scale.begin(), scale.end());
  out[Out::kStep].data.assign(step.begin(), step.end());
  for (std::size_t i = 0; i < report.size(); ++i) out[Out::kNorm + i].data[0] = report[i];
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(1, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, Attrs attrs, Fill scale) {
    return Sample{.name = std::move(name),
                  .attrs = std::move(attrs),
                  .inputs = {f32({kLossScaleSlots}, scale), f32({1}, Fill::Positive), step(7)}};
  };
  return {of("good", {}, Fill::Zeros), of("adam", {{"beta1", 0.9}, {"beta2", 0.999}}, Fill::Positive),
          // With this decay, the product of the momenta is not yet 0 at the step number of the samples.
          of("nadam", {{"beta1", 0.999999}, {"beta2", 0.999999}, {"momentum_decay", 10.0}}, Fill::Positive)};
}

}  // namespace

const OpDef loss_scale_update = {
    .name = "loss_scale_update",
    .summary = "skips a step with non-finite gradients; adjusts the loss scale",
    .operands = {"scale", "norm", "step"},
    .results = {"scale", "step", "norm", "loss_scale", "skipped"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .inPlace = {{Out::kScale, In::kScale}},
    .half = {.why = "scalars"},
};

}  // namespace tandem::ops
