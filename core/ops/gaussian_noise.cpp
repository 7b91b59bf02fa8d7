#include "core/ops/gaussian_noise.h"

#include "core/ops/rules.h"

namespace tandem::ops {

Result<GaussianNoiseAttrs> GaussianNoiseAttrs::from(const Attrs& attrs) {
  GaussianNoiseAttrs a{attrs.number("deviation", 0), static_cast<std::uint64_t>(attrs.integer("seed", 0)),
                       static_cast<std::uint64_t>(attrs.integer("stream", 0))};
  if (!(a.deviation >= 0)) return invalid("the standard deviation must be at least 0");
  return a;
}

Attrs GaussianNoiseAttrs::attrs() const {
  return {{"deviation", deviation},
          {"seed", static_cast<std::int64_t>(seed)},
          {"stream", static_cast<std::int64_t>(stream)}};
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(GaussianNoiseAttrs::from(attrs));
  TANDEM_TRY(requireStepBlock(in[1]));
  return std::vector{in[0]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  return std::vector<ValueId>{c.outputGrads[0], kNoValue};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const GaussianNoiseAttrs a = *GaussianNoiseAttrs::from(attrs);
  const std::uint64_t step = stepNumber(stepOf(in[1]).data());
  for (std::size_t i = 0; i < in[0].data.size(); ++i)
    out[0].data[i] = in[0].data[i] + a.deviation * normalOf<double>(dropoutBits(a.bits(), step, i / 4),
                                                                    static_cast<int>(i % 4));
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(40, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, GaussianNoiseAttrs a, Shape shape, bool perf = false) {
    return dropoutSample(std::move(name), a.attrs(), shape, perf);
  };
  return {of("odd", {0.5, 7, 3}, {5, 7}),
          of("none", {0.0, 7, 3}, {3, 3}),
          of("one_element", {0.3, 1, 0}, {1, 1}),
          of("other_stream", {2.0, 1, 1000}, {2, 3, 3, 5}),
          of("negative_seed", {0.5, ~0ull, 0}, {17}),
          of("large", {0.1, 7, 3}, {512, 1024}, true)};
}

}  // namespace

const OpDef gaussian_noise = {
    .name = "gaussian_noise",
    .summary = "y = x + deviation * normal",
    .operands = {"x", "step"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
