#include "core/ops/sample_weights.h"

#include <algorithm>

#include "core/ops/rules.h"

namespace tandem::ops {

using In = SampleWeightsIn;

Result<std::int64_t> termsPerSample(const Attrs& attrs, const TensorType& samples) {
  const std::vector<std::int64_t> dims = attrs.integers("shape", {});
  if (samples.dtype != DType::F32 || samples.shape.rank() != 1 || samples.shape[0] < 1)
    return invalid("needs one weight per sample");
  const bool possible = !dims.empty() && dims.size() <= static_cast<std::size_t>(Shape::kMaxRank) &&
                        std::ranges::all_of(dims, [](std::int64_t extent) { return extent > 0; });
  if (!possible || Shape(dims).elements() % samples.shape[0] != 0)
    return invalid("needs the same number of terms for each sample");
  return Shape(dims).elements() / samples.shape[0];
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(termsPerSample(attrs, in[In::kSamples]));
  const Shape terms(attrs.integers("shape", {}));
  TANDEM_TRY(requireWeights(in, In::kTerms, terms));
  return std::vector<TensorType>{{DType::F32, terms}};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::int64_t perSample = *termsPerSample(attrs, in[In::kSamples].type);
  for (std::int64_t i = 0; i < out[0].type.shape.elements(); ++i) {
    const double weight = in[In::kSamples].data[at(i / perSample)];
    out[0].data[at(i)] = hasOperand(in, In::kTerms) ? weight * in[In::kTerms].data[at(i)] : weight;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(1, in, out);
}

std::vector<Sample> samples() {
  using Dims = std::vector<std::int64_t>;
  const auto of = [](std::string name, std::int64_t count, const Dims& shape, bool terms) {
    Sample sample{.name = std::move(name), .attrs = {{"shape", shape}}, .inputs = {weights({count})}};
    if (terms) sample.inputs.push_back(weights(Shape(shape)));
    sample.gradientCheck = false;
    return sample;
  };
  return {of("rows", 5, {35}, false),          of("rows_and_terms", 5, {35}, true),
          of("one_each", 7, {7, 1}, true),     of("columns", 6, {6, 3}, true),
          of("image", 3, {3, 2, 3, 4}, false), of("pixels", 4, {9004}, true)};
}

}  // namespace

const OpDef sample_weights = {
    .name = "sample_weights",
    .summary = "y = w of the sample, times the weight of the term",
    .operands = {"samples", "terms"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kTerms},
    .half = {.why = "the loss"},
};

}  // namespace tandem::ops
