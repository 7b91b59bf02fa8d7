#include "core/ops/batch_norm_grad.h"

namespace tandem::ops {

bool wantsAddendGradient(const Attrs& attrs) {
  return attrs.integer("addend", 0) != 0;
}

namespace {

Result<std::vector<TensorType>> infer(const Attrs& attrs, std::span<const TensorType> inputs) {
  if (inputs[0].shape != inputs[1].shape ||
      (inputs.size() > 5 && present(inputs[5]) && inputs[5].shape != inputs[1].shape))
    return invalid("x, y and dy must have one shape, but x is " + inputs[1].shape.text() + " and dy " +
                   inputs[0].shape.text());
  TANDEM_TRY(BatchNormGeometry::from(attrs, inputs[1].shape, inputs.subspan(2, 3)));
  std::vector<TensorType> outputs{inputs[0], inputs[2], inputs[2]};
  if (!wantsAddendGradient(attrs)) return outputs;
  if (inputs.size() < 6 || !present(inputs[5]))
    return invalid("without y the gradient of the addend is dy itself");
  outputs.push_back(inputs[0]);
  return outputs;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const BatchNormGeometry g = *BatchNormGeometry::from(attrs, in[1].type.shape, {});
  const bool masked = in.size() > 5 && present(in[5].type);
  const auto channels = static_cast<std::size_t>(g.channels);
  const std::vector<double>& x = in[1].data;
  const double count = static_cast<double>(g.rows);
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = in[3].data[c], invStd = in[4].data[c];
    const auto dy = [&](std::size_t i) { return masked && !(in[5].data[i] > 0) ? 0.0 : in[0].data[i]; };
    double sum = 0, product = 0;
    for (std::size_t i = c; i < x.size(); i += channels) {
      sum += dy(i);
      product += dy(i) * (x[i] - mean) * invStd;
    }
    for (std::size_t i = c; i < x.size(); i += channels)
      out[0].data[i] =
          in[2].data[c] * invStd * (dy(i) - sum / count - (x[i] - mean) * invStd * product / count);
    if (out.size() > 3)
      for (std::size_t i = c; i < x.size(); i += channels) out[3].data[i] = dy(i);
    out[1].data[c] = product;
    out[2].data[c] = sum;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(11, in, out);
}

// batch_norm's samples; with relu the mask comes from a y that is independent of x. Without relu an addend
// makes no difference.
std::vector<Sample> samples() {
  std::vector<Sample> list = batch_norm.samples();
  std::erase_if(list, [](const Sample& s) { return s.inputs.size() > 5 && !s.attrs.has("activation"); });
  for (Sample& s : list) {
    const TensorType x = s.inputs[0].type, vector = s.inputs[1].type;
    const bool relu = s.attrs.has("activation"), addend = s.inputs.size() > 5;
    s.attrs = {};
    if (addend) s.attrs.set("addend", std::int64_t{1});
    s.inputs = {{x}, {x}, {vector, Fill::Positive}, {vector}, {vector, Fill::Positive}, {x}};
    s.inputs[5].absent = !relu;
    s.gradientCheck = false;
  }
  return list;
}

}  // namespace

const OpDef batch_norm_grad = {
    .name = "batch_norm_grad",
    .summary = "dx, dgamma, dbeta, dz of batch_norm from dy, x and the saved statistics",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {5},
    .half = {.inputs = {0, 1, 5}, .why = "statistics, scale and their gradients in fp32"},
};

}  // namespace tandem::ops
