#include "core/ops/average_weights.h"

#include "core/ops/rules.h"

namespace tandem::ops {

using In = AverageIn;

namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  TANDEM_TRY(requireSameShape(in[In::kAverage], in[In::kWeights]));
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  return std::vector{in[In::kAverage]};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const double share = in[In::kStep].data[kStepWeightShare];
  out[0].data = in[In::kAverage].data;
  if (share == 0) return;
  for (std::size_t i = 0; i < in[In::kAverage].data.size(); ++i)
    out[0].data[i] = movedMean(in[In::kAverage].data[i], in[In::kWeights].data[i], share);
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
    .operands = {"average", "weights", "step"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .inPlace = {{0, In::kAverage}},
    .half = {.why = "small changes would be lost to rounding in half precision"},
};

}  // namespace tandem::ops
