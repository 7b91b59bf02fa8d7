#include "core/ops/sgd_update.h"

#include "core/ops/optimizer_ranges.h"
#include "core/ops/optimizer_update.h"

namespace tandem::ops {

Result<SgdAttrs> SgdAttrs::from(const Attrs& attrs) {
  const SgdAttrs a{attrs.number("momentum", 0), attrs.integer("nesterov", 0) != 0,
                   attrs.number("weight_decay", 0)};
  TANDEM_TRY(checkRange("momentum", a.momentum, kDecayRateRange));
  TANDEM_TRY(checkRange("weight decay", a.weightDecay, kWeightDecayRange));
  if (a.nesterov && a.momentum == 0) return invalid("Nesterov momentum needs a momentum above 0");
  return a;
}

Attrs SgdAttrs::attrs() const {
  return {{"momentum", momentum}, {"nesterov", std::int64_t{nesterov}}, {"weight_decay", weightDecay}};
}

const OpDef sgd_update = {
    .name = "sgd_update",
    .summary = "v = momentum v + g; w -= rate v",
    .operands = updateOperands(),
    .results = updateResults(),
    .infer = inferUpdate<SgdRule>,
    .reference = referenceUpdate<SgdRule>,
    .cost = updateCost<6>,
    .samples = []() -> std::vector<Sample> {
      const auto of = [](std::string_view name, const SgdAttrs& a, std::int64_t n) {
        return updateSample(name, a, n, Fill::Normal);
      };
      return {of("plain", {0, false, 0}, 77),         of("decay", {0, false, 0.01}, 77),
              of("momentum", {0.9, false, 0.01}, 77), of("nesterov", {0.9, true, 0}, 77),
              of("one", {0.9, false, 0}, 1),          of("large", {0.9, false, 1e-4}, 1000003)};
    },
    .inPlace = updatesInPlace(),
    .optionalInputs = {UpdateIn::kState},
    .half = {.why = kWhyUpdatesStayF32},
};

}  // namespace tandem::ops
