#include "core/ops/nadam_update.h"

#include "core/ops/optimizer_ranges.h"
#include "core/ops/optimizer_update.h"

namespace tandem::ops {

Result<NadamAttrs> NadamAttrs::from(const Attrs& attrs) {
  const NadamAttrs a{attrs.number("beta1", 0.9), attrs.number("beta2", 0.999), attrs.number("epsilon", 1e-7),
                     attrs.number("weight_decay", 0)};
  TANDEM_TRY(checkRange("beta 1", a.beta1, kDecayRateRange));
  TANDEM_TRY(checkRange("beta 2", a.beta2, kBeta2Range));
  TANDEM_TRY(checkRange("epsilon", a.epsilon, kEpsilonRange));
  TANDEM_TRY(checkRange("weight decay", a.weightDecay, kWeightDecayRange));
  return a;
}

Attrs NadamAttrs::attrs() const {
  return {{"beta1", beta1}, {"beta2", beta2}, {"epsilon", epsilon}, {"weight_decay", weightDecay}};
}

const OpDef nadam_update = {
    .name = "nadam_update",
    .summary = "w -= rate (nadam_g g + nadam_m m) / (sqrt(v') + epsilon)",
    .operands = updateOperands(),
    .results = updateResults(),
    .infer = inferUpdate<NadamRule>,
    .reference = referenceUpdate<NadamRule>,
    .cost = updateCost<18>,
    .samples = []() -> std::vector<Sample> {
      using A = NadamAttrs;
      return {updateSample("plain", A{}, 77), updateSample("decay", A{0.8, 0.99, 1e-6, 0.01}, 77),
              updateSample("one", A{}, 1), updateSample("large", A{0.9, 0.999, 1e-7, 0.01}, 1000003)};
    },
    .inPlace = updatesInPlace(),
    .half = {.why = kWhyUpdatesStayF32},
};

}  // namespace tandem::ops
