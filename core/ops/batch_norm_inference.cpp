#include "core/ops/batch_norm_inference.h"

#include <cmath>

namespace tandem::ops {
namespace {

Result<std::vector<TensorType>> infer(const Attrs& attrs, std::span<const TensorType> inputs) {
  TANDEM_TRY(BatchNormGeometry::fromInputs(attrs, inputs));
  return std::vector<TensorType>{inputs[0]};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const BatchNormGeometry g = *BatchNormGeometry::from(attrs, in[0].type.shape, {});
  const bool addend = in.size() > 5 && present(in[5].type);
  for (std::size_t i = 0; i < in[0].data.size(); ++i) {
    const std::size_t c = i % static_cast<std::size_t>(g.channels);
    const double h = (in[0].data[i] - in[3].data[c]) / std::sqrt(in[4].data[c] + g.epsilon);
    const double y = in[1].data[c] * h + in[2].data[c] + (addend ? in[5].data[i] : 0.0);
    out[0].data[i] = g.relu && y < 0 ? 0 : y;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(2, in, out);
}

// The operands of batch_norm; the running statistics are the given ones.
std::vector<Sample> samples() {
  std::vector<Sample> list = batch_norm.samples();
  for (Sample& s : list) s.gradientCheck = false;
  return list;
}

}  // namespace

const OpDef batch_norm_inference = {
    .name = "batch_norm_inference",
    .summary = "y = act(gamma (x - mean) / sqrt(var + epsilon) + beta + z), given statistics",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {5},
    .half = {.inputs = {0, 5}, .why = "statistics, scale and shift in fp32"},
};

}  // namespace tandem::ops
