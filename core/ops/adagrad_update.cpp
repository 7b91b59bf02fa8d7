#include "core/ops/adagrad_update.h"

#include "core/ops/optimizer_ranges.h"
#include "core/ops/optimizer_update.h"

namespace tandem::ops {

Result<AdagradAttrs> AdagradAttrs::from(const Attrs& attrs) {
  const AdagradAttrs a{attrs.number("initial_accumulator", 0), attrs.number("epsilon", 1e-7),
                       attrs.number("weight_decay", 0)};
  TANDEM_TRY(checkRange("initial accumulator", a.initialAccumulator, kAccumulatorRange));
  TANDEM_TRY(checkRange("epsilon", a.epsilon, kEpsilonRange));
  TANDEM_TRY(checkRange("weight decay", a.weightDecay, kWeightDecayRange));
  return a;
}

Attrs AdagradAttrs::attrs() const {
  return {{"initial_accumulator", initialAccumulator}, {"epsilon", epsilon}, {"weight_decay", weightDecay}};
}

const OpDef adagrad_update = {
    .name = "adagrad_update",
    .summary = "s += g^2; w -= rate g / (sqrt(s) + epsilon)",
    .operands = updateOperands(),
    .results = updateResults(),
    .infer = inferUpdate<AdagradRule>,
    .reference = referenceUpdate<AdagradRule>,
    .cost = updateCost<9>,
    .samples = []() -> std::vector<Sample> {
      using A = AdagradAttrs;
      return {updateSample("plain", A{}, 77),
              updateSample("first_step", A{0, 1e-3, 0}, 77, Fill::Zeros),
              updateSample("initial", A{0.1, 1e-7, 0}, 77, Fill::Zeros),
              updateSample("decay", A{0.5, 1e-6, 0.01}, 77),
              updateSample("one", A{}, 1),
              updateSample("large", A{0.1, 1e-7, 0.01}, 1000003)};
    },
    .inPlace = updatesInPlace(),
    .half = {.why = kWhyUpdatesStayF32},
};

}  // namespace tandem::ops
