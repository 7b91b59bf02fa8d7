#include "core/ops/average_weights.h"

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  TANDEM_TRY(requireSameShape(in[0], in[1]));
  TANDEM_TRY(requireStepBlock(in[2]));
  return std::vector{in[0]};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const double share = in[2].data[kStepWeightShare];
  out[0].data = in[0].data;
  if (share == 0) return;
  for (std::size_t i = 0; i < in[0].data.size(); ++i)
    out[0].data[i] = movedMean(in[0].data[i], in[1].data[i], share);
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(3, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, std::int64_t n, bool perf = false) {
    return Sample{.name = std::move(name), .inputs = {f32({n}), f32({n}), step()}, .perf = perf};
  };
  return {of("odd", 77), of("one", 1), of("large", 1000003, true)};
}

}  // namespace

const OpDef average_weights = {
    .name = "average_weights",
    .summary = "a += share (w - a)",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .inPlace = {{0, 0}},
    .half = {.why = "small changes would be lost to rounding in half precision"},
};

}  // namespace tandem::ops
