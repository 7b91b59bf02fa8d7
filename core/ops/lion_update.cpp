#include "core/ops/lion_update.h"

#include "core/ops/optimizer_ranges.h"
#include "core/ops/optimizer_update.h"

namespace tandem::ops {

Result<LionAttrs> LionAttrs::from(const Attrs& attrs) {
  const LionAttrs a{attrs.number("beta1", 0.9), attrs.number("beta2", 0.99), attrs.number("weight_decay", 0)};
  TANDEM_TRY(checkRange("beta 1", a.beta1, kDecayRateRange));
  TANDEM_TRY(checkRange("beta 2", a.beta2, kDecayRateRange));
  TANDEM_TRY(checkRange("weight decay", a.weightDecay, kWeightDecayRange));
  return a;
}

Attrs LionAttrs::attrs() const {
  return {{"beta1", beta1}, {"beta2", beta2}, {"weight_decay", weightDecay}};
}

const OpDef lion_update = {
    .name = "lion_update",
    .summary = "w -= rate sign(beta1 m + (1 - beta1) g)",
    .operands = updateOperands(),
    .results = updateResults(),
    .infer = inferUpdate<LionRule>,
    .reference = referenceUpdate<LionRule>,
    .cost = updateCost<10>,
    .samples = []() -> std::vector<Sample> {
      const auto of = [](std::string_view name, const LionAttrs& a, std::int64_t n, Fill m = Fill::Normal) {
        return updateSample(name, a, n, m);
      };
      Sample still =
          of("zero_gradients", {0.9, 0.99, 0.1}, 77, Fill::Zeros);  // sign(0) = 0: only the decay acts
      still.inputs[1].fill = Fill::Zeros;
      return {of("plain", {}, 77), of("first_step", {}, 77, Fill::Zeros),
              std::move(still),    of("decay", {0.95, 0.98, 0.1}, 77),
              of("one", {}, 1),    of("large", {0.9, 0.99, 0.01}, 1000003)};
    },
    .inPlace = updatesInPlace(),
    .half = {.why = kWhyUpdatesStayF32},
};

}  // namespace tandem::ops
