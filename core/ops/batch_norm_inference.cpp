#include "core/ops/batch_norm_inference.h"

#include <cmath>

namespace tandem::ops {
namespace {

Result<std::vector<TensorType>> infer(const Attrs& attrs, std::span<const TensorType> inputs) {
  TANDEM_TRY(BatchNormGeometry::fromInputs(attrs, inputs));
  return std::vector<TensorType>{inputs[0]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  for (std::size_t i = 1; i < 5; ++i)
    TANDEM_CHECK(!c.wanted[i], "the scale, shift and statistics of a frozen layer are not trained");
  std::vector<ValueId> grads(c.node.inputs.size(), kNoValue);
  if (c.wanted[0]) {
    TANDEM_ASSIGN(grads[0],
                  c.program.append1(batch_norm_inference, c.node.attrs,
                                    {c.outputGrads[0], c.input(1), kNoValue, kNoValue, c.input(4)}));
  }
  if (grads.size() > 5 && c.wanted[5]) grads[5] = c.outputGrads[0];
  return grads;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const BatchNormGeometry g = *BatchNormGeometry::from(attrs, in[0].type.shape, {});
  const bool addend = in.size() > 5 && present(in[5].type);
  const auto orZero = [](const RefTensor& t, std::size_t c) { return present(t.type) ? t.data[c] : 0.0; };
  for (std::size_t i = 0; i < in[0].data.size(); ++i) {
    const std::size_t c = i % static_cast<std::size_t>(g.channels);
    const double h = (in[0].data[i] - orZero(in[3], c)) / std::sqrt(in[4].data[c] + g.epsilon);
    const double y = in[1].data[c] * h + orZero(in[2], c) + (addend ? in[5].data[i] : 0.0);
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
    if (list[k].attrs.has("activation") || list[k].inputs.size() > 5) continue;
    Sample plain = list[k];
    plain.name += "_scale";
    plain.inputs[2].absent = plain.inputs[3].absent = true;
    list.push_back(std::move(plain));
  }
  return list;
}

}  // namespace

const OpDef batch_norm_inference = {
    .name = "batch_norm_inference",
    .summary = "y = act(gamma (x - mean) / sqrt(var + epsilon) + beta + z), given statistics",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {2, 3, 5},
    .half = {.inputs = {0, 5}, .why = "statistics, scale and shift in fp32"},
};

}  // namespace tandem::ops
