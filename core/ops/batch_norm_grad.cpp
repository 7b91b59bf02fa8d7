#include "core/ops/batch_norm_grad.h"

namespace tandem::ops {

using In = BatchNormGradIn;
using Out = BatchNormGradOut;

bool wantsAddendGradient(const Attrs& attrs) {
  return attrs.integer("addend", 0) != 0;
}

namespace {

Result<std::vector<TensorType>> infer(const Attrs& attrs, std::span<const TensorType> inputs) {
  if (inputs[In::kDy].shape != inputs[In::kX].shape ||
      (inputs.size() > In::kY && present(inputs[In::kY]) && inputs[In::kY].shape != inputs[In::kX].shape))
    return invalid("x, y and dy must have one shape, but x is " + inputs[In::kX].shape.text() + " and dy " +
                   inputs[In::kDy].shape.text());
  TANDEM_TRY(BatchNormGeometry::from(attrs, inputs[In::kX].shape, inputs.subspan(2, 3)));
  std::vector<TensorType> outputs{inputs[In::kDy], inputs[In::kGamma], inputs[In::kGamma]};
  if (!wantsAddendGradient(attrs)) return outputs;
  if (inputs.size() <= In::kY || !present(inputs[In::kY]))
    return invalid("without y the gradient of the addend is dy itself");
  outputs.push_back(inputs[In::kDy]);
  return outputs;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const BatchNormGeometry g = *BatchNormGeometry::from(attrs, in[In::kX].type.shape, {});
  const bool masked = in.size() > In::kY && present(in[In::kY].type);
  const auto channels = static_cast<std::size_t>(g.channels);
  const std::vector<double>& x = in[In::kX].data;
  const double count = static_cast<double>(g.rows);
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = in[In::kMean].data[c], invStd = in[In::kInvStd].data[c];
    const auto dy = [&](std::size_t i) {
      return masked && !(in[In::kY].data[i] > 0) ? 0.0 : in[In::kDy].data[i];
    };
    double sum = 0, product = 0;
    for (std::size_t i = c; i < x.size(); i += channels) {
      sum += dy(i);
      product += dy(i) * (x[i] - mean) * invStd;
    }
    for (std::size_t i = c; i < x.size(); i += channels)
      out[Out::kDx].data[i] =
          in[In::kGamma].data[c] * invStd * (dy(i) - sum / count - (x[i] - mean) * invStd * product / count);
    if (out.size() > Out::kDz)
      for (std::size_t i = c; i < x.size(); i += channels) out[Out::kDz].data[i] = dy(i);
    out[Out::kDgamma].data[c] = product;
    out[Out::kDbeta].data[c] = sum;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(11, in, out);
}

// batch_norm's samples; with relu the mask comes from a y that is independent of x. Without relu an addend
// makes no difference.
std::vector<Sample> samples() {
  std::vector<Sample> list = batch_norm.samples();
  std::erase_if(list, [](const Sample& s) {
    return s.inputs.size() > BatchNormIn::kAddend && !s.attrs.has("activation");
  });
  for (Sample& s : list) {
    const TensorType x = s.inputs[BatchNormIn::kX].type, vector = s.inputs[BatchNormIn::kGamma].type;
    const bool relu = s.attrs.has("activation"), addend = s.inputs.size() > BatchNormIn::kAddend;
    s.attrs = {};
    if (addend) s.attrs.set("addend", std::int64_t{1});
    s.inputs = {{x}, {x}, {vector, Fill::Positive}, {vector}, {vector, Fill::Positive}, {x}};
    s.inputs[In::kY].absent = !relu;
    s.gradientCheck = false;
  }
  return list;
}

}  // namespace

const OpDef batch_norm_grad = {
    .name = "batch_norm_grad",
    .summary = "dx, dgamma, dbeta, dz of batch_norm from dy, x and the saved statistics",
    .operands = {"dy", "x", "gamma", "saved_mean", "saved_inv_std", "y"},
    .results = {"dx", "dgamma", "dbeta", "dz"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kY},
    .half = {.inputs = {In::kDy, In::kX, In::kY}, .why = "statistics, scale and their gradients in fp32"},
};

}  // namespace tandem::ops
