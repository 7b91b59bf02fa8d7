#include "core/ops/batch_norm_inference.h"

#include <cmath>

namespace tandem::ops {

using In = BatchNormIn;

namespace {

Result<std::vector<TensorType>> infer(const Attrs& attrs, std::span<const TensorType> inputs) {
  TANDEM_TRY(BatchNormGeometry::fromInputs(attrs, inputs));
  return std::vector<TensorType>{inputs[In::kX]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  for (std::size_t i = 1; i < 5; ++i)
    TANDEM_CHECK(!c.wanted[i], "the scale, shift and statistics of a frozen layer are not trained");
  std::vector<ValueId> grads(c.node.inputs.size(), kNoValue);
  if (c.wanted[In::kX]) {
    TANDEM_ASSIGN(grads[In::kX], c.program.append1(batch_norm_inference, c.node.attrs,
                                                   {c.outputGrads[0], c.input(In::kGamma), kNoValue, kNoValue,
                                                    c.input(In::kVariance)}));
  }
  if (grads.size() > In::kAddend && c.wanted[In::kAddend]) grads[In::kAddend] = c.outputGrads[0];
  return grads;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const BatchNormGeometry g = *BatchNormGeometry::from(attrs, in[In::kX].type.shape, {});
  const bool addend = in.size() > In::kAddend && present(in[In::kAddend].type);
  const auto orZero = [](const RefTensor& t, std::size_t c) { return present(t.type) ? t.data[c] : 0.0; };
  for (std::size_t i = 0; i < in[In::kX].data.size(); ++i) {
    const std::size_t c = i % static_cast<std::size_t>(g.channels);
    const double h =
        (in[In::kX].data[i] - orZero(in[In::kMean], c)) / std::sqrt(in[In::kVariance].data[c] + g.epsilon);
    const double y =
        in[In::kGamma].data[c] * h + orZero(in[In::kBeta], c) + (addend ? in[In::kAddend].data[i] : 0.0);
    out[0].data[i] = g.relu && y < 0 ? 0 : y;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(2, in, out);
}

// The operands of batch_norm, some also without shift and mean.
std::vector<Sample> samples() {
  std::vector<Sample> list = batch_norm.samples();
  for (Sample& s : list) {
    s.gradientCheck = s.gradientCheck && !s.attrs.has("activation");
    for (std::size_t i = 1; i < 5; ++i) s.inputs[i].given = true;
  }
  for (std::size_t k = 0, count = list.size(); k < count; ++k) {
    if (list[k].attrs.has("activation") || list[k].inputs.size() > In::kAddend) continue;
    Sample plain = list[k];
    plain.name += "_scale";
    plain.inputs[In::kBeta].absent = plain.inputs[In::kMean].absent = true;
    list.push_back(std::move(plain));
  }
  return list;
}

}  // namespace

const OpDef batch_norm_inference = {
    .name = "batch_norm_inference",
    .summary = "y = act(gamma (x - mean) / sqrt(var + epsilon) + beta + z), given statistics",
    .operands = {"x", "gamma", "beta", "mean", "var", "addend"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kBeta, In::kMean, In::kAddend},
    .half = {.inputs = {In::kX, In::kAddend}, .why = "statistics, scale and shift in fp32"},
};

}  // namespace tandem::ops
