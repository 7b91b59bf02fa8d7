#include "core/ops/dropout.h"

#include "core/ops/rules.h"

namespace tandem::ops {

Result<DropoutAttrs> DropoutAttrs::from(const Attrs& attrs) {
  const double rate = attrs.number("rate", 0);
  DropoutAttrs a{static_cast<float>(rate), static_cast<std::uint64_t>(attrs.integer("seed", 0)),
                 static_cast<std::uint64_t>(attrs.integer("stream", 0))};
  if (!(a.rate >= 0 && a.rate < 1)) return invalid("the dropout rate must be at least 0 and below 1");
  return a;
}

Attrs DropoutAttrs::attrs() const {
  return {{"rate", static_cast<double>(rate)},
          {"seed", static_cast<std::int64_t>(seed)},
          {"stream", static_cast<std::int64_t>(stream)}};
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(DropoutAttrs::from(attrs));
  TANDEM_TRY(requireStepBlock(in[1]));
  return std::vector{in[0]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_ASSIGN(const ValueId dx, c.program.append1(dropout, c.node.attrs, {c.outputGrads[0], c.input(1)}));
  return std::vector<ValueId>{dx, kNoValue};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const DropoutAttrs a = *DropoutAttrs::from(attrs);
  const std::uint64_t step = stepNumber(stepOf(in[1]).data());
  for (std::size_t i = 0; i < in[0].data.size(); ++i) {
    const std::uint32_t bits = dropoutBits(a, step, i / 4).v[i % 4];
    out[0].data[i] = dropoutKeeps(a, bits) ? in[0].data[i] / (1.0 - static_cast<double>(a.rate)) : 0.0;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(20, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, DropoutAttrs a, Shape shape, bool perf = false) {
    return dropoutSample(std::move(name), a.attrs(), shape, perf);
  };
  return {of("half", {0.5f, 7, 3}, {5, 7}),
          of("rate_0", {0.0f, 7, 3}, {3, 3}),
          of("one_element", {0.3f, 1, 0}, {1, 1}),
          of("other_stream", {0.25f, 1, 1000}, {2, 3, 3, 5}),
          of("negative_seed", {0.5f, ~0ull, 0}, {17}),
          of("large", {0.25f, 7, 3}, {512, 1024}, true)};
}

}  // namespace

Sample dropoutSample(std::string name, Attrs attrs, Shape shape, bool perf) {
  return {.name = std::move(name),
          .attrs = std::move(attrs),
          .inputs = {f32(shape), step()},
          .perf = perf,
          .gradientCheck = !perf};
}

const OpDef dropout = {
    .name = "dropout",
    .summary = "y = x mask / (1 - rate)",
    .operands = {"x", "step"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
