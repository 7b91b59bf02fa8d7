#include "core/ops/sgd_update.h"

#include "core/ops/optimizer_ranges.h"
#include "core/ops/rules.h"

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

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const SgdAttrs a, SgdAttrs::from(attrs));
  TANDEM_TRY(requireSameShape(in[0], in[1]));
  TANDEM_TRY(requireStepBlock(in[3]));
  TANDEM_CHECK(present(in[2]) == (a.momentum > 0), "velocities exist if and only if there is momentum");
  if (!present(in[2])) return std::vector{in[0]};
  TANDEM_TRY(requireSameShape(in[0], in[2]));
  return std::vector{in[0], in[2]};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::vector<float> block = stepOf(in[3]);
  const SgdRule<double> rule(*SgdAttrs::from(attrs), block.data());
  const bool momentum = present(in[2].type);
  out[0].data = in[0].data;
  if (momentum) out[1].data = in[2].data;
  if (block[kStepSkip] != 0) return;
  for (std::size_t i = 0; i < in[0].data.size(); ++i) {
    if (momentum)
      rule.withMomentum(out[0].data[i], in[1].data[i], out[1].data[i]);
    else
      rule.plain(out[0].data[i], in[1].data[i]);
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(6, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, SgdAttrs a, std::int64_t n, bool perf = false) {
    return Sample{.name = std::move(name),
                  .attrs = a.attrs(),
                  .inputs = {f32({n}), f32({n}), a.momentum > 0 ? f32({n}) : absent(), step()},
                  .perf = perf};
  };
  return {of("plain", {0, false, 0}, 77),         of("decay", {0, false, 0.01}, 77),
          of("momentum", {0.9, false, 0.01}, 77), of("nesterov", {0.9, true, 0}, 77),
          of("one", {0.9, false, 0}, 1),          of("large", {0.9, false, 1e-4}, 1000003, true)};
}

}  // namespace

const OpDef sgd_update = {
    .name = "sgd_update",
    .summary = "v = momentum v + g; w -= rate v",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .inPlace = {{0, 0}, {1, 2}},
    .optionalInputs = {2},
    .half = {.why = "updates would be lost to rounding in half precision"},
};

}  // namespace tandem::ops
