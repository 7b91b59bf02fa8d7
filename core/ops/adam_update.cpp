#include "core/ops/adam_update.h"

#include "core/ops/optimizer_ranges.h"
#include "core/ops/rules.h"

namespace tandem::ops {

Result<AdamAttrs> AdamAttrs::from(const Attrs& attrs) {
  const AdamAttrs a{attrs.number("beta1", 0.9), attrs.number("beta2", 0.999), attrs.number("epsilon", 1e-7),
                    attrs.number("weight_decay", 0), attrs.integer("decoupled", 0) != 0};
  TANDEM_TRY(checkRange("beta 1", a.beta1, kDecayRateRange));
  TANDEM_TRY(checkRange("beta 2", a.beta2, kBeta2Range));
  TANDEM_TRY(checkRange("epsilon", a.epsilon, kEpsilonRange));
  TANDEM_TRY(checkRange("weight decay", a.weightDecay, kWeightDecayRange));
  return a;
}

Attrs AdamAttrs::attrs() const {
  return {{"beta1", beta1},
          {"beta2", beta2},
          {"epsilon", epsilon},
          {"weight_decay", weightDecay},
          {"decoupled", std::int64_t{decoupled}}};
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(AdamAttrs::from(attrs));
  TANDEM_TRY(requireSameShape(in[0], in[1]));
  TANDEM_CHECK(in[2].shape.elements() == 2 * in[0].shape.elements(), "Adam has two moments per parameter");
  TANDEM_TRY(requireStepBlock(in[3]));
  return std::vector{in[0], in[2]};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::vector<float> block = stepOf(in[3]);
  const AdamRule<double> rule(*AdamAttrs::from(attrs), block.data());
  const std::size_t count = in[0].data.size();
  out[0].data = in[0].data;
  out[1].data = in[2].data;
  if (block[kStepSkip] != 0) return;
  for (std::size_t i = 0; i < count; ++i)
    rule(out[0].data[i], in[1].data[i], out[1].data[i], out[1].data[count + i]);
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(16, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, AdamAttrs a, std::int64_t n, bool perf = false) {
    return Sample{.name = std::move(name),
                  .attrs = a.attrs(),
                  .inputs = {f32({n}), f32({n}), f32({2 * n}, Fill::Positive), step()},
                  .perf = perf};
  };
  return {of("adam", {}, 77), of("adam_decay", {0.9, 0.999, 1e-8, 0.01, false}, 77),
          of("adamw", {0.8, 0.99, 1e-6, 0.01, true}, 77), of("one", {}, 1),
          of("large", {0.9, 0.999, 1e-7, 0.01, true}, 1000003, true)};
}

}  // namespace

const OpDef adam_update = {
    .name = "adam_update",
    .summary = "w -= rate m' / (sqrt(v') + epsilon)",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .inPlace = {{0, 0}, {1, 2}},
    .half = {.why = "updates would be lost to rounding in half precision"},
};

}  // namespace tandem::ops
