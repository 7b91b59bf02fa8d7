#include "core/ops/accumulate_gradient.h"

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  TANDEM_TRY(requireSameShape(in[0], in[1]));
  TANDEM_TRY(requireStepBlock(in[2]));
  return std::vector{in[0], in[1]};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const double scale = in[2].data[kStepLossScale], share = in[2].data[kStepGradientShare];
  for (std::size_t i = 0; i < in[0].data.size(); ++i) {
    out[1].data[i] = movedMean(in[1].data[i], in[0].data[i] / scale, share);
    out[0].data[i] = scale * out[1].data[i];
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(5, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, std::int64_t n, bool perf = false) {
    return Sample{.name = std::move(name), .inputs = {f32({n}), f32({n}), step()}, .perf = perf};
  };
  return {of("odd", 77), of("one", 1), of("large", 1000003, true)};
}

}  // namespace

const OpDef accumulate_gradient = {
    .name = "accumulate_gradient",
    .summary = "m += share (g / lossScale - m); g = lossScale m",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .inPlace = {{0, 0}, {1, 1}},
    .half = {.why = "weight gradients stay in fp32"},
};

}  // namespace tandem::ops
