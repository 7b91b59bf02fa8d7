#include "core/ops/rmsprop_update.h"

#include "core/ops/optimizer_ranges.h"
#include "core/ops/optimizer_update.h"

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

const OpDef rmsprop_update = {
    .name = "rmsprop_update",
    .summary = "w -= rate g / (sqrt(s) + epsilon)",
    .operands = updateOperands(),
    .results = updateResults(),
    .infer = inferUpdate<RmspropRule>,
    .reference = referenceUpdate<RmspropRule>,
    .cost = updateCost<12>,
    .samples = []() -> std::vector<Sample> {
      using A = RmspropAttrs;
      return {updateSample("plain", A{}, 77), updateSample("decay", A{0.99, 1e-6, 0, 0.01}, 77),
              updateSample("momentum", A{0.9, 1e-7, 0.9, 0.01}, 77), updateSample("one", A{}, 1),
              updateSample("large", A{0.9, 1e-7, 0.9, 0}, 1000003)};
    },
    .inPlace = updatesInPlace(),
    .half = {.why = kWhyUpdatesStayF32},
};

}  // namespace tandem::ops
