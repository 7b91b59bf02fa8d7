#include "core/ops/rmsprop_update.h"

#include "core/ops/optimizer_ranges.h"
#include "core/ops/rules.h"

namespace tandem::ops {

Result<RmspropAttrs> RmspropAttrs::from(const Attrs& attrs) {
  const RmspropAttrs a{attrs.number("rho", 0.9), attrs.number("epsilon", 1e-7), attrs.number("momentum", 0),
                       attrs.number("weight_decay", 0)};
  TANDEM_TRY(checkRange("rho", a.rho, kDecayRateRange));
  TANDEM_TRY(checkRange("epsilon", a.epsilon, kEpsilonRange));
  TANDEM_TRY(checkRange("momentum", a.momentum, kDecayRateRange));
  TANDEM_TRY(checkRange("weight decay", a.weightDecay, kWeightDecayRange));
  return a;
}

Attrs RmspropAttrs::attrs() const {
  return {{"rho", rho}, {"epsilon", epsilon}, {"momentum", momentum}, {"weight_decay", weightDecay}};
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const RmspropAttrs a, RmspropAttrs::from(attrs));
  TANDEM_TRY(requireSameShape(in[0], in[1]));
  TANDEM_CHECK(in[2].shape.elements() == (a.momentum > 0 ? 2 : 1) * in[0].shape.elements(),
               "size of the state");
  TANDEM_TRY(requireStepBlock(in[3]));
  return std::vector{in[0], in[2]};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::vector<float> block = stepOf(in[3]);
  const RmspropRule<double> rule(*RmspropAttrs::from(attrs), block.data());
  const std::size_t count = in[0].data.size();
  out[0].data = in[0].data;
  out[1].data = in[2].data;
  if (block[kStepSkip] != 0) return;
  for (std::size_t i = 0; i < count; ++i) {
    if (rule.momentum > 0)
      rule.withMomentum(out[0].data[i], in[1].data[i], out[1].data[i], out[1].data[count + i]);
    else
      rule.plain(out[0].data[i], in[1].data[i], out[1].data[i]);
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(12, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, RmspropAttrs a, std::int64_t n, bool perf = false) {
    const std::int64_t state = a.momentum > 0 ? 2 * n : n;
    return Sample{.name = std::move(name),
                  .attrs = a.attrs(),
                  .inputs = {f32({n}), f32({n}), f32({state}, Fill::Positive), step()},
                  .perf = perf};
  };
  return {of("plain", {}, 77), of("decay", {0.99, 1e-6, 0, 0.01}, 77),
          of("momentum", {0.9, 1e-7, 0.9, 0.01}, 77), of("one", {}, 1),
          of("large", {0.9, 1e-7, 0.9, 0}, 1000003, true)};
}

}  // namespace

const OpDef rmsprop_update = {
    .name = "rmsprop_update",
    .summary = "w -= rate g / (sqrt(s) + epsilon)",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .inPlace = {{0, 0}, {1, 2}},
    .half = {.why = "updates would be lost to rounding in half precision"},
};

}  // namespace tandem::ops
