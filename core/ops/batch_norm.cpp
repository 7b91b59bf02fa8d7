#include "core/ops/batch_norm.h"

#include <algorithm>
#include <cmath>

#include "core/ops/batch_norm_grad.h"

namespace tandem::ops {

using In = BatchNormIn;
using Out = BatchNormOut;

Result<BatchNormGeometry> BatchNormGeometry::from(const Attrs& attrs, const Shape& x,
                                                  std::span<const TensorType> vectors) {
  if (x.rank() < 2) return invalid("needs at least one feature axis, but its input is " + x.text());
  BatchNormGeometry g;
  g.channels = x[-1];
  g.rows = x.elements() / std::max<std::int64_t>(1, g.channels);
  for (const TensorType& v : vectors)
    if (present(v) && v.shape != Shape{g.channels})
      return invalid("scale, shift and statistics must have " + std::to_string(g.channels) +
                     " values, one per channel, but one has the shape " + v.shape.text());
  g.epsilon = attrs.number("epsilon", g.epsilon);
  g.momentum = attrs.number("momentum", g.momentum);
  if (!(g.epsilon > 0)) return invalid("epsilon must be greater than 0", {}, "0.001 is typical");
  if (!(g.momentum >= 0 && g.momentum <= 1)) return invalid("the momentum must be between 0 and 1");
  const std::string activation = attrs.text("activation", "none");
  if (activation != "none" && activation != "relu")
    return invalid("batch normalization cannot be fused with the activation '" + activation + "'");
  g.relu = activation == "relu";
  return g;
}

Result<BatchNormGeometry> BatchNormGeometry::fromInputs(const Attrs& attrs,
                                                        std::span<const TensorType> inputs) {
  if (hasAddend(inputs) && inputs[In::kAddend] != inputs[In::kX])
    return invalid("the addend must have the type of x, but x is " + inputs[In::kX].shape.text() + " and z " +
                   inputs[In::kAddend].shape.text());
  return from(attrs, inputs[In::kX].shape, inputs.subspan(1, 4));
}

namespace {

Result<std::vector<TensorType>> infer(const Attrs& attrs, std::span<const TensorType> inputs) {
  TANDEM_TRY(BatchNormGeometry::fromInputs(attrs, inputs));
  return std::vector<TensorType>{inputs[In::kX], inputs[In::kGamma], inputs[In::kGamma], inputs[In::kMean],
                                 inputs[In::kVariance]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  std::vector<ValueId> inputs{c.outputGrads[Out::kY],      c.input(In::kX),
                              c.input(In::kGamma),         c.output(Out::kSavedMean),
                              c.output(Out::kSavedInvStd), kNoValue};
  const bool relu = c.node.attrs.text("activation", "none") == "relu";
  if (relu) inputs.back() = c.output(Out::kY);
  const bool toAddend = c.node.inputs.size() > In::kAddend && c.wanted[In::kAddend];
  Attrs attrs;
  if (toAddend && relu) attrs.set("addend", std::int64_t{1});
  TANDEM_ASSIGN(const auto made, c.program.append(batch_norm_grad, attrs, inputs));
  std::vector<ValueId> grads(c.node.inputs.size(), kNoValue);  // the running statistics have no gradient
  std::copy_n(made.begin(), 3, grads.begin());
  if (toAddend) grads[In::kAddend] = relu ? made[BatchNormGradOut::kDz] : c.outputGrads[Out::kY];
  return grads;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const BatchNormGeometry g = *BatchNormGeometry::from(attrs, in[In::kX].type.shape, {});
  const auto channels = static_cast<std::size_t>(g.channels);
  const double count = static_cast<double>(g.rows);
  const bool addend = in.size() > In::kAddend && present(in[In::kAddend].type);
  for (std::size_t c = 0; c < channels; ++c) {
    double mean = 0, variance = 0;
    for (std::size_t i = c; i < in[In::kX].data.size(); i += channels) mean += in[In::kX].data[i];
    mean /= count;
    for (std::size_t i = c; i < in[In::kX].data.size(); i += channels)
      variance += (in[In::kX].data[i] - mean) * (in[In::kX].data[i] - mean);
    variance /= count;
    const double invStd = 1 / std::sqrt(variance + g.epsilon);
    for (std::size_t i = c; i < in[In::kX].data.size(); i += channels) {
      const double z = addend ? in[In::kAddend].data[i] : 0.0;
      const double y =
          in[In::kGamma].data[c] * (in[In::kX].data[i] - mean) * invStd + in[In::kBeta].data[c] + z;
      out[Out::kY].data[i] = g.relu && y < 0 ? 0 : y;
    }
    out[Out::kSavedMean].data[c] = mean;
    out[Out::kSavedInvStd].data[c] = invStd;
    out[Out::kMean].data[c] = g.momentum * in[In::kMean].data[c] + (1 - g.momentum) * mean;
    out[Out::kVariance].data[c] = g.momentum * in[In::kVariance].data[c] + (1 - g.momentum) * variance;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(8, in, out);
}

Sample sample(std::string name, Shape x, Attrs attrs) {
  Sample s;
  s.name = std::move(name);
  s.attrs = std::move(attrs);
  s.perf = x.elements() > 100000;
  const TensorType vector{DType::F32, Shape{x[-1]}};
  s.inputs = {{{DType::F32, x}}, {vector, Fill::Positive}, {vector}, {vector}, {vector, Fill::Positive}};
  // The kink of relu would invalidate finite differences; batch_norm_grad's samples check its mask.
  s.gradientCheck = x.elements() <= 300 && !s.attrs.has("activation");
  return s;
}

// With an addend. The gradients of small samples are also checked with relu: none of their sums is within one
// difference step of its kink.
Sample withAddend(Sample s) {
  const TensorType x = s.inputs[In::kX].type;
  s.name += "_add";
  s.inputs.push_back({x});
  s.gradientCheck = x.shape.elements() <= 300;
  return s;
}

std::vector<Sample> samples() {
  const Attrs relu = {{"activation", "relu"}};
  return {
      sample("dense", {7, 5}, {}),
      sample("image", {2, 3, 5, 3}, {{"epsilon", 1e-5}, {"momentum", 0.9}}),
      sample("one_row", {1, 4}, {}),
      sample("one_channel", {3, 4, 5, 1}, {}),
      sample("momentum_0", {9, 17}, {{"momentum", 0.0}}),
      sample("wide_33", {5, 3, 3, 33}, {}),
      sample("wide_24", {5, 9, 7, 24}, {}),
      sample("relu", {3, 5, 7, 19}, relu),
      sample("relu_64", {4, 6, 6, 64}, relu),
      sample("vgg_1", {64, 32, 32, 64}, relu),
      sample("vgg_5", {64, 8, 8, 256}, relu),
      sample("resnet_16", {128, 32, 32, 16}, relu),
      sample("resnet_32_plain", {128, 16, 16, 32}, {}),
      sample("resnet_64", {128, 8, 8, 64}, relu),
      sample("large_24", {96, 32, 48, 24}, relu),
      withAddend(sample("image", {2, 3, 5, 3}, {{"epsilon", 1e-5}})),
      withAddend(sample("relu", {2, 5, 3, 7}, relu)),
      withAddend(sample("relu_wide", {3, 5, 3, 33}, relu)),
      withAddend(sample("relu_64", {4, 6, 6, 64}, relu)),
      withAddend(sample("resnet_16", {128, 32, 32, 16}, relu)),
      withAddend(sample("resnet_64", {128, 8, 8, 64}, relu)),
  };
}

}  // namespace

const OpDef batch_norm = {
    .name = "batch_norm",
    .summary = "y = act(gamma (x - mean) / sqrt(var + epsilon) + beta + z), statistics of the batch",
    .operands = {"x", "gamma", "beta", "running_mean", "running_var", "addend"},
    .results = {"y", "saved_mean", "saved_inv_std", "running_mean", "running_var"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .inPlace = {{Out::kMean, In::kMean}, {Out::kVariance, In::kVariance}},
    .optionalInputs = {In::kAddend},
    .half = {.inputs = {In::kX, In::kAddend}, .why = "statistics, scale and shift in fp32"},
};

}  // namespace tandem::ops
