#include "core/ops/accumulate_gradient.h"

#include "core/ops/rules.h"

namespace tandem::ops {

using In = AccumulateIn;
using Out = AccumulateOut;

namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  TANDEM_TRY(requireSameShape(in[In::kGradients], in[In::kMean]));
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  return std::vector{in[In::kGradients], in[In::kMean]};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const double scale = in[In::kStep].data[kStepLossScale], share = in[In::kStep].data[kStepGradientShare];
  for (std::size_t i = 0; i < in[In::kGradients].data.size(); ++i) {
    out[Out::kMean].data[i] = movedMean(in[In::kMean].data[i], in[In::kGradients].data[i] / scale, share);
    out[Out::kGradients].data[i] = scale * out[Out::kMean].data[i];
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
    .operands = {"gradients", "mean", "step"},
    .results = {"gradients", "mean"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .inPlace = {{Out::kGradients, In::kGradients}, {Out::kMean, In::kMean}},
    .half = {.why = "weight gradients stay in fp32"},
};

}  // namespace tandem::ops
