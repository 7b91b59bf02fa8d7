#include "core/ops/conv2d_dgrad.h"

#include <algorithm>
#include <array>

#include "core/ops/conv2d_wgrad.h"
#include "core/ops/rules.h"

namespace tandem::ops {

Result<Conv2dGeometry> Conv2dGeometry::dgrad(const Attrs& attrs, std::span<const TensorType> inputs) {
  const Shape &dy = inputs[0].shape, &w = inputs[1].shape;
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
  return std::vector<TensorType>{{inputs[0].dtype, g.x()}};
}

// A transposed convolution is a dgrad in the forward pass. The op is linear in dy and in w; in the gradients of both, the
// gradient of its result takes the place of x.
Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const Shape w = c.program.type(c.input(1)).shape;
  Attrs convolution;
  for (const auto& [key, value] : c.node.attrs.items())
    if (key != "input_shape") convolution.set(key, value);
  std::vector<ValueId> grads(2, kNoValue);
  if (c.wanted[0]) {
    TANDEM_ASSIGN(grads[0], c.program.append1(conv2d, convolution, {c.outputGrads[0], c.input(1)}));
  }
  if (c.wanted[1]) {
    convolution.set("kernel", std::vector<std::int64_t>{w[1], w[2]});
    TANDEM_ASSIGN(grads[1], c.program.append1(conv2d_wgrad, convolution, {c.outputGrads[0], c.input(0)}));
  }
  return grads;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const Conv2dGeometry g = *Conv2dGeometry::dgrad(attrs, std::array{in[0].type, in[1].type});
  std::fill(out[0].data.begin(), out[0].data.end(), 0.0);
  forEachProduct(g, [&](std::size_t x, std::size_t w, std::size_t y) {
    out[0].data[x] += in[0].data[y] * in[1].data[w];
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
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0, 1}},
};

}  // namespace tandem::ops
