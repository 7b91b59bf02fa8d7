#include "core/ops/lamb_update.h"

#include "core/ops/optimizer_ranges.h"
#include "core/ops/optimizer_update.h"

namespace tandem::ops {

using In = UpdateIn;
using Out = UpdateOut;

Result<LambAttrs> LambAttrs::from(const Attrs& attrs) {
  const LambAttrs a{attrs.number("beta1", 0.9), attrs.number("beta2", 0.999), attrs.number("epsilon", 1e-7),
                    attrs.number("weight_decay", 0)};
  TANDEM_TRY(checkRange("beta 1", a.beta1, kDecayRateRange));
  TANDEM_TRY(checkRange("beta 2", a.beta2, kBeta2Range));
  TANDEM_TRY(checkRange("epsilon", a.epsilon, kEpsilonRange));
  TANDEM_TRY(checkRange("weight decay", a.weightDecay, kWeightDecayRange));
  return a;
}

Attrs LambAttrs::attrs() const {
  return {{"beta1", beta1}, {"beta2", beta2}, {"epsilon", epsilon}, {"weight_decay", weightDecay}};
}

Result<std::vector<ParameterRange>> parameterRanges(const Attrs& attrs, std::int64_t elements) {
  if (elements == 0) return std::vector<ParameterRange>();
  std::vector<std::int64_t> starts = attrs.integers("starts", {0});
  if (starts.empty() || starts.front() != 0)
    return invalid("the first parameter must be at the start of the block");
  starts.push_back(elements);
  std::vector<ParameterRange> ranges;
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
    if (starts[i] >= starts[i + 1]) return invalid("the parameters must be in the order of the block");
    ranges.push_back({starts[i], starts[i + 1] - starts[i]});
  }
  return ranges;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(auto types, inferUpdate<LambRule>(attrs, in));
  TANDEM_TRY(parameterRanges(attrs, in[In::kWeights].shape.elements()));
  return types;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::vector<float> block = stepOf(in[In::kStep]);
  const std::size_t n = in[In::kWeights].data.size();
  out[Out::kWeights].data = in[In::kWeights].data;
  out[Out::kFaults].data = in[In::kFaults].data;
  out[Out::kState].data = in[In::kState].data;
  if (block[kStepSkip] != 0) return;
  const LambRule<double> rule(*LambAttrs::from(attrs), block.data());
  double *w = out[Out::kWeights].data.data(), *m = out[Out::kState].data.data(), *v = m + n;
  const std::vector<ParameterRange> ranges = *parameterRanges(attrs, static_cast<std::int64_t>(n));
  for (const ParameterRange& range : ranges) {
    const std::size_t first = at(range.first), last = at(range.first + range.count);
    double weights = 0, directions = 0;
    for (std::size_t i = first; i < last; ++i) {
      rule.takeIn(in[In::kGradients].data[i], m[i], v[i]);
      const double r = rule.direction(w[i], m[i], v[i]);
      weights += w[i] * w[i];
      directions += r * r;
    }
    const double size = rule.stepSize(weights, directions);
    for (std::size_t i = first; i < last; ++i) w[i] -= size * rule.direction(w[i], m[i], v[i]);
  }
  referenceFaults(in, out);
}

}  // namespace

const OpDef lamb_update = {
    .name = "lamb_update",
    .summary = "w -= rate |w| / |r| r, r = m' / (sqrt(v') + epsilon) + weight_decay w, by parameter",
    .operands = updateOperands(),
    .results = updateResults(),
    .infer = infer,
    .reference = reference,
    .cost = updateCost<30>,
    .samples = []() -> std::vector<Sample> {
      const auto of = [](std::string_view name, const LambAttrs& a, std::int64_t n,
                         std::vector<std::int64_t> starts = {}) {
        Sample sample = updateSample(name, a, n);
        if (!starts.empty()) sample.attrs.set("starts", std::move(starts));
        return sample;
      };
      Sample zeros = of("zero_weights", {}, 77, {0, 16});  // a norm of 0
      zeros.inputs[In::kWeights].fill = Fill::Zeros;
      return {of("one_parameter", {}, 77), of("parameters", {0.8, 0.99, 1e-6, 0.01}, 77, {0, 16, 64}),
              of("one", {}, 1), std::move(zeros),
              of("large", {0.9, 0.999, 1e-7, 0.01}, 1000003, {0, 16, 8192, 524288})};
    },
    .inPlace = updatesInPlace(),
    .half = {.why = kWhyUpdatesStayF32},
};

}  // namespace tandem::ops
