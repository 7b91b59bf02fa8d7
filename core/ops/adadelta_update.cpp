#include "core/ops/adadelta_update.h"

#include "core/ops/optimizer_ranges.h"
#include "core/ops/optimizer_update.h"

namespace tandem::ops {

Result<AdadeltaAttrs> AdadeltaAttrs::from(const Attrs& attrs) {
  const AdadeltaAttrs a{attrs.number("rho", 0.95), attrs.number("epsilon", 1e-6),
                        attrs.number("weight_decay", 0)};
  TANDEM_TRY(checkRange("rho", a.rho, kDecayRateRange));
  TANDEM_TRY(checkRange("epsilon", a.epsilon, kEpsilonRange));
  TANDEM_TRY(checkRange("weight decay", a.weightDecay, kWeightDecayRange));
  return a;
}

Attrs AdadeltaAttrs::attrs() const {
  return {{"rho", rho}, {"epsilon", epsilon}, {"weight_decay", weightDecay}};
}

const OpDef adadelta_update = {
    .name = "adadelta_update",
    .summary = "w -= rate g sqrt(d + epsilon) / sqrt(s + epsilon)",
    .operands = updateOperands(),
    .results = updateResults(),
    .infer = inferUpdate<AdadeltaRule>,
    .reference = referenceUpdate<AdadeltaRule>,
    .cost = updateCost<17>,
    .samples = []() -> std::vector<Sample> {
      using A = AdadeltaAttrs;
      return {updateSample("plain", A{}, 77), updateSample("first_step", A{}, 77, Fill::Zeros),
              updateSample("decay", A{0.9, 1e-3, 0.01}, 77), updateSample("one", A{}, 1),
              updateSample("large", A{0.95, 1e-6, 0.01}, 1000003)};
    },
    .inPlace = updatesInPlace(),
    .half = {.why = kWhyUpdatesStayF32},
};

}  // namespace tandem::ops
