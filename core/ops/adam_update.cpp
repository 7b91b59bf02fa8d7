#include "core/ops/adam_update.h"

#include "core/ops/optimizer_ranges.h"
#include "core/ops/optimizer_update.h"

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

const OpDef adam_update = {
    .name = "adam_update",
    .summary = "w -= rate m' / (sqrt(v') + epsilon)",
    .operands = updateOperands(),
    .results = updateResults(),
    .infer = inferUpdate<AdamRule>,
    .reference = referenceUpdate<AdamRule>,
    .cost = updateCost<16>,
    .samples = []() -> std::vector<Sample> {
      using A = AdamAttrs;
      return {updateSample("adam", A{}, 77), updateSample("adam_decay", A{0.9, 0.999, 1e-8, 0.01, false}, 77),
              updateSample("adamw", A{0.8, 0.99, 1e-6, 0.01, true}, 77), updateSample("one", A{}, 1),
              updateSample("large", A{0.9, 0.999, 1e-7, 0.01, true}, 1000003)};
    },
    .inPlace = updatesInPlace(),
    .half = {.why = kWhyUpdatesStayF32},
};

}  // namespace tandem::ops
