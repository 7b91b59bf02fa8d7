#include "core/ops/conv2d_dgrad.h"

#include <algorithm>
#include <array>

#include "core/ops/conv2d_wgrad.h"
#include "core/ops/rules.h"

namespace tandem::ops {

using In = Conv2dDgradIn;

Result<Conv2dGeometry> Conv2dGeometry::dgrad(const Attrs& attrs, std::span<const TensorType> inputs) {
  const Shape &dy = inputs[In::kDy].shape, &w = inputs[In::kWeights].shape;
  const auto image = attrs.integers("input_shape", {});
  if (dy.rank() != 4 || w.rank() != 4 || image.size() != 2)
    return invalid("needs dy (N, OH, OW, O), w (O, KH, KW, C) and input_shape (H, W)");
  const Shape x{dy[0], image[0], image[1], w[3] * attrs.integer("groups", 1)};
  TANDEM_ASSIGN(const Conv2dGeometry g, from(attrs, x, w));
  if (g.y() != dy) return invalid("dy is " + dy.text() + ", but the convolution gives " + g.y().text());
  return g;
}

namespace {

Result<std::vector<TensorType>> infer(const Attrs& attrs, std::span<const TensorType> inputs) {
  TANDEM_ASSIGN(const auto g, Conv2dGeometry::dgrad(attrs, inputs));
  TANDEM_TRY(requireSameDtype(inputs));
  return std::vector<TensorType>{{inputs[In::kDy].dtype, g.x()}};
}

// A transposed convolution is a dgrad in the forward pass. The op is linear in dy and in w; in the gradients of both, the
// gradient of its result takes the place of x.
Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const Shape w = c.program.type(c.input(In::kWeights)).shape;
  Attrs convolution;
  for (const auto& [key, value] : c.node.attrs.items())
    if (key != "input_shape") convolution.set(key, value);
  std::vector<ValueId> grads(2, kNoValue);
  if (c.wanted[In::kDy]) {
    TANDEM_ASSIGN(grads[In::kDy],
                  c.program.append1(conv2d, convolution, {c.outputGrads[0], c.input(In::kWeights)}));
  }
  if (c.wanted[In::kWeights]) {
    convolution.set("kernel", std::vector<std::int64_t>{w[1], w[2]});
    TANDEM_ASSIGN(grads[In::kWeights],
                  c.program.append1(conv2d_wgrad, convolution, {c.outputGrads[0], c.input(In::kDy)}));
  }
  return grads;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const Conv2dGeometry g = *Conv2dGeometry::dgrad(attrs, std::array{in[In::kDy].type, in[In::kWeights].type});
  std::fill(out[0].data.begin(), out[0].data.end(), 0.0);
  forEachProduct(g, [&](std::size_t x, std::size_t w, std::size_t y) {
    out[0].data[x] += in[In::kDy].data[y] * in[In::kWeights].data[w];
  });
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = Conv2dGeometry::dgrad(attrs, in)->flops();
  return total;
}

std::vector<Sample> samples() {
  return convSamples(ConvPass::Dgrad);
}

}  // namespace

const OpDef conv2d_dgrad = {
    .name = "conv2d_dgrad",
    .summary = "dx of conv2d from dy and w",
    .operands = {"dy", "weights"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {In::kDy, In::kWeights}},
};

}  // namespace tandem::ops
