#include "core/ops/conv2d_wgrad.h"

#include <algorithm>
#include <array>

#include "core/ops/rules.h"

namespace tandem::ops {

using In = Conv2dWgradIn;

Result<Conv2dGeometry> Conv2dGeometry::wgrad(const Attrs& attrs, std::span<const TensorType> inputs) {
  const Shape &x = inputs[In::kX].shape, &dy = inputs[In::kDy].shape;
  const auto kernel = attrs.integers("kernel", {});
  const std::int64_t groups = attrs.integer("groups", 1);
  if (x.rank() != 4 || dy.rank() != 4 || kernel.size() != 2 || groups < 1)
    return invalid("needs x (N, H, W, C), dy (N, OH, OW, O), kernel (KH, KW) and groups of at least 1");
  TANDEM_ASSIGN(const Conv2dGeometry g, from(attrs, x, Shape{dy[3], kernel[0], kernel[1], x[3] / groups}));
  if (g.y() != dy) return invalid("dy is " + dy.text() + ", but the convolution gives " + g.y().text());
  return g;
}

namespace {

Result<std::vector<TensorType>> infer(const Attrs& attrs, std::span<const TensorType> inputs) {
  TANDEM_ASSIGN(const auto g, Conv2dGeometry::wgrad(attrs, inputs));
  TANDEM_TRY(requireSameDtype(inputs));
  return std::vector<TensorType>{{DType::F32, g.w()}};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const Conv2dGeometry g = *Conv2dGeometry::wgrad(attrs, std::array{in[In::kX].type, in[In::kDy].type});
  std::fill(out[0].data.begin(), out[0].data.end(), 0.0);
  forEachProduct(g, [&](std::size_t x, std::size_t w, std::size_t y) {
    out[0].data[w] += in[In::kX].data[x] * in[In::kDy].data[y];
  });
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = Conv2dGeometry::wgrad(attrs, in)->flops();
  return total;
}

std::vector<Sample> samples() {
  return convSamples(ConvPass::Wgrad);
}

}  // namespace

const OpDef conv2d_wgrad = {
    .name = "conv2d_wgrad",
    .summary = "dw of conv2d from x and dy",
    .operands = {"x", "dy"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {In::kX, In::kDy}, .why = "the gradient in fp32"},
};

}  // namespace tandem::ops
