#include "core/ops/conv2d.h"

#include <algorithm>

#include "core/ops/conv2d_dgrad.h"
#include "core/ops/conv2d_wgrad.h"
#include "core/ops/rules.h"

namespace tandem::ops {

using In = Conv2dIn;

Result<Conv2dGeometry> Conv2dGeometry::from(const Attrs& attrs, const Shape& x, const Shape& w) {
  if (x.rank() != 4)
    return invalid("needs an image (height, width, channels), but its input is " +
                       (x.rank() > 0 ? x.withoutFirst() : x).text(),
                   {}, "Place it before the layers that flatten the image");
  if (w.rank() != 4)
    return invalid("the kernel must be (filters, height, width, channels), but it is " + w.text());
  Conv2dGeometry g;
  g.n = x[0];
  g.c = x[3];
  g.o = w[0];
  g.groups = attrs.integer("groups", 1);
  if (g.groups < 1 || g.c % g.groups != 0 || g.o % g.groups != 0)
    return invalid("groups = " + std::to_string(g.groups) + " must divide the " + std::to_string(g.c) +
                       " input channels and the " + std::to_string(g.o) + " filters",
                   {}, "Choose a common divisor of both; 1 is an ordinary convolution");
  if (w[3] != g.c / g.groups)
    return invalid("the kernel expects " + std::to_string(w[3] * g.groups) +
                   " input channels, but there are " + std::to_string(g.c));
  TANDEM_ASSIGN(const Window2d window, resolveWindow(attrs, {x[1], x[2]}, {w[1], w[2]}, {1, 1}, "kernel"));
  g.rows = window.rows;
  g.columns = window.columns;
  const auto kind = activationFromName(attrs.text("activation", "none"));
  if (!kind) return invalid("unknown activation '" + attrs.text("activation", "none") + "'");
  g.activation = *kind;
  g.alpha = attrs.number("alpha", 0);
  return g;
}

Result<Conv2dGeometry> Conv2dGeometry::forward(const Attrs& attrs, std::span<const TensorType> inputs) {
  TANDEM_ASSIGN(Conv2dGeometry g, from(attrs, inputs[In::kX].shape, inputs[In::kWeights].shape));
  g.bias = hasOperand(inputs, In::kBias);
  if (g.bias && inputs[In::kBias].shape != Shape{g.o})
    return invalid("the bias must have " + std::to_string(g.o) + " values, one per filter");
  return g;
}

Result<Conv2dGeometry> Conv2dGeometry::of(ConvPass pass, const Attrs& attrs,
                                          std::span<const TensorType> inputs) {
  switch (pass) {
    case ConvPass::Forward:
      return forward(attrs, inputs);
    case ConvPass::Dgrad:
      return dgrad(attrs, inputs);
    case ConvPass::Wgrad:
      break;
  }
  return wgrad(attrs, inputs);
}

namespace {

Result<std::vector<TensorType>> infer(const Attrs& attrs, std::span<const TensorType> inputs) {
  TANDEM_ASSIGN(const auto g, Conv2dGeometry::forward(attrs, inputs));
  TANDEM_TRY(requireSameDtype(inputs));
  return std::vector<TensorType>{{inputs[In::kX].dtype, g.y()}};
}

// Fusion runs after differentiation, so neither bias nor activation occurs here.
Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const Shape x = c.program.type(c.input(In::kX)).shape, w = c.program.type(c.input(In::kWeights)).shape;
  std::vector<ValueId> grads(c.node.inputs.size(), kNoValue);
  if (c.wanted[In::kX]) {
    Attrs attrs = c.node.attrs;
    attrs.set("input_shape", std::vector<std::int64_t>{x[1], x[2]});
    TANDEM_ASSIGN(grads[In::kX],
                  c.program.append1(conv2d_dgrad, attrs, {c.outputGrads[0], c.input(In::kWeights)}));
  }
  if (c.wanted[In::kWeights]) {
    Attrs attrs = c.node.attrs;
    attrs.set("kernel", std::vector<std::int64_t>{w[1], w[2]});
    TANDEM_ASSIGN(grads[In::kWeights],
                  c.program.append1(conv2d_wgrad, attrs, {c.input(In::kX), c.outputGrads[0]}));
  }
  return grads;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  std::vector<TensorType> types;
  for (const RefTensor& t : in) types.push_back(t.type);
  const Conv2dGeometry g = *Conv2dGeometry::forward(attrs, types);
  std::vector<double>& y = out[0].data;
  const auto o = static_cast<std::size_t>(g.o);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = g.bias ? in[In::kBias].data[i % o] : 0.0;
  forEachProduct(g, [&](std::size_t x, std::size_t w, std::size_t i) {
    y[i] += in[In::kX].data[x] * in[In::kWeights].data[w];
  });
  for (double& v : y) v = activate(g.activation, g.alpha, v);
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = Conv2dGeometry::forward(attrs, in)->flops();
  return total;
}

std::vector<Sample> samples() {
  return convSamples(ConvPass::Forward);
}

struct Case {
  std::string name;
  Shape x, w;
  Attrs attrs = {};
  bool bias = false;
  bool perf = false;
};

using Ints = std::vector<std::int64_t>;

std::vector<Case> cases() {
  const Attrs same = {{"padding", "same"}};
  const Attrs padded = {{"padding", "explicit"}, {"pads", Ints{1, 1, 1, 1}}};
  return {
      {"valid_odd", {2, 5, 7, 3}, {5, 3, 3, 3}},
      {"same_odd", {2, 5, 6, 3}, {4, 3, 3, 3}, same},
      {"same_even_kernel", {1, 5, 6, 2}, {3, 2, 4, 2}, same},
      {"same_stride_2", {2, 7, 6, 3}, {4, 3, 3, 3}, {{"padding", "same"}, {"stride", Ints{2, 2}}}},
      {"explicit_uneven", {1, 4, 5, 2}, {3, 3, 2, 2}, {{"padding", "explicit"}, {"pads", Ints{2, 0, 1, 0}}}},
      {"pads_beyond_kernel",
       {1, 3, 3, 2},
       {2, 2, 2, 2},
       {{"padding", "explicit"}, {"pads", Ints{3, 0, 0, 2}}}},
      {"stride_uneven", {2, 7, 8, 2}, {3, 3, 3, 2}, {{"stride", Ints{2, 3}}}},
      {"stride_beyond_kernel", {1, 7, 7, 3}, {4, 2, 2, 3}, {{"stride", Ints{3, 3}}}},
      {"stride_leaves_rest", {1, 8, 8, 2}, {2, 3, 3, 2}, {{"stride", Ints{2, 2}}}},
      {"dilated", {1, 7, 8, 2}, {3, 3, 2, 2}, {{"dilation", Ints{2, 3}}}},
      {"dilated_same", {1, 6, 7, 2}, {3, 3, 3, 2}, {{"padding", "same"}, {"dilation", Ints{2, 2}}}},
      {"kernel_is_image", {2, 4, 3, 2}, {5, 4, 3, 2}},
      {"one_by_one", {3, 3, 5, 7}, {9, 1, 1, 7}},
      {"one_by_one_stride_2", {2, 5, 5, 4}, {8, 1, 1, 4}, {{"stride", Ints{2, 2}}}},
      {"one_pixel", {1, 1, 1, 1}, {1, 1, 1, 1}},
      {"one_channel", {2, 6, 6, 1}, {8, 3, 3, 1}, padded},
      {"rgb_wide", {2, 9, 9, 3}, {17, 3, 3, 3}, padded},
      {"groups_2", {2, 5, 5, 4}, {6, 3, 3, 2}, {{"groups", std::int64_t{2}}}},
      {"groups_8_wide", {1, 6, 6, 16}, {16, 3, 3, 2}, {{"groups", std::int64_t{8}}, {"padding", "same"}}},
      {"depthwise", {2, 5, 6, 5}, {5, 3, 3, 1}, {{"groups", std::int64_t{5}}, {"padding", "same"}}},
      {"depthwise_16", {1, 6, 5, 16}, {16, 3, 3, 1}, {{"groups", std::int64_t{16}}, {"padding", "same"}}},
      {"depthwise_multiplier", {1, 5, 5, 3}, {6, 3, 3, 1}, {{"groups", std::int64_t{3}}}},
      {"groups_stride_dilation",
       {1, 9, 8, 4},
       {4, 3, 3, 2},
       {{"groups", std::int64_t{2}}, {"stride", Ints{2, 1}}, {"dilation", Ints{2, 2}}, {"padding", "same"}}},
      {"channels_33_to_18", {3, 10, 9, 33}, {18, 3, 3, 33}, padded},
      {"bias", {2, 5, 5, 3}, {7, 3, 3, 3}, same, true},
      {"bias_relu", {3, 9, 7, 16}, {32, 3, 3, 16}, {{"padding", "same"}, {"activation", "relu"}}, true},
      {"relu_without_bias", {2, 5, 5, 8}, {8, 3, 3, 8}, {{"activation", "relu"}}},
      {"bias_leaky_relu", {1, 6, 6, 4}, {8, 3, 3, 4}, {{"activation", "leaky_relu"}, {"alpha", 0.1}}, true},
      {"bias_gelu", {1, 6, 6, 4}, {8, 3, 3, 4}, {{"activation", "gelu"}}, true},
      {"bias_hard_swish", {1, 6, 6, 4}, {8, 3, 3, 4}, {{"activation", "hard_swish"}}, true},
      {"relu6_without_bias", {2, 5, 5, 8}, {8, 3, 3, 8}, {{"activation", "relu6"}}},
      {"bias_mish", {3, 9, 7, 16}, {32, 3, 3, 16}, {{"padding", "same"}, {"activation", "mish"}}, true},
      {"bias_tanh_groups",
       {1, 6, 6, 4},
       {8, 3, 3, 2},
       {{"activation", "tanh"}, {"groups", std::int64_t{2}}},
       true},
      {"lenet_1", {128, 28, 28, 1}, {32, 3, 3, 1}, padded, true, true},
      {"lenet_2", {128, 28, 28, 32}, {64, 3, 3, 32}, padded, true, true},
      {"vgg_1", {64, 32, 32, 3}, {64, 3, 3, 3}, padded, true, true},
      {"vgg_2", {64, 32, 32, 64}, {64, 3, 3, 64}, padded, true, true},
      {"vgg_3", {64, 16, 16, 64}, {128, 3, 3, 64}, padded, true, true},
      {"vgg_4", {64, 16, 16, 128}, {128, 3, 3, 128}, padded, true, true},
      {"vgg_5", {64, 8, 8, 128}, {256, 3, 3, 128}, padded, true, true},
      {"vgg_6", {64, 8, 8, 256}, {256, 3, 3, 256}, padded, true, true},
      {"resnet_first", {128, 32, 32, 3}, {16, 3, 3, 3}, padded, false, true},
      {"resnet_16", {128, 32, 32, 16}, {16, 3, 3, 16}, padded, false, true},
      {"resnet_32", {128, 16, 16, 32}, {32, 3, 3, 32}, padded, false, true},
      {"resnet_64", {128, 8, 8, 64}, {64, 3, 3, 64}, padded, false, true},
      {"resnet_down",
       {128, 32, 32, 16},
       {32, 3, 3, 16},
       {{"padding", "explicit"}, {"pads", Ints{1, 1, 1, 1}}, {"stride", Ints{2, 2}}},
       false,
       true},
      {"resnet_shortcut", {128, 32, 32, 16}, {32, 1, 1, 16}, {{"stride", Ints{2, 2}}}, false, true},
      {"mobile_depthwise",
       {32, 32, 32, 128},
       {128, 3, 3, 1},
       {{"padding", "explicit"}, {"pads", Ints{1, 1, 1, 1}}, {"groups", std::int64_t{128}}},
       false,
       true},
      {"mobile_pointwise", {32, 32, 32, 128}, {128, 1, 1, 128}, {}, false, true},
  };
}

}  // namespace

std::vector<Sample> convSamples(ConvPass pass) {
  std::vector<Sample> list;
  for (const Case& one : cases()) {
    const bool epilogue = one.attrs.has("activation");
    // The gradients have no epilogue: its samples would only repeat others.
    if (pass != ConvPass::Forward && (epilogue || (one.bias && !one.perf))) continue;
    const Shape y = Conv2dGeometry::from(one.attrs, one.x, one.w)->y();
    Sample s;
    s.name = one.name;
    s.attrs = one.attrs;
    s.perf = one.perf;
    switch (pass) {
      case ConvPass::Forward:
        s.inputs = {{{DType::F32, one.x}}, {{DType::F32, one.w}}};
        if (one.bias) s.inputs.push_back({{DType::F32, Shape{one.w[0]}}});
        s.gradientCheck = !one.perf && !one.bias && !epilogue && one.x.elements() <= 300;
        break;
      case ConvPass::Dgrad:
        s.attrs.set("input_shape", Ints{one.x[1], one.x[2]});
        s.inputs = {{{DType::F32, y}}, {{DType::F32, one.w}}};
        s.gradientCheck = !one.perf && one.x.elements() <= 300;
        break;
      case ConvPass::Wgrad:
        s.attrs.set("kernel", Ints{one.w[1], one.w[2]});
        s.inputs = {{{DType::F32, one.x}}, {{DType::F32, y}}};
        s.gradientCheck = false;
        break;
    }
    list.push_back(std::move(s));
  }
  return list;
}

const OpDef conv2d = {
    .name = "conv2d",
    .summary = "y = act(x * w + bias)",
    .operands = {"x", "weights", "bias"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kBias},
    .half = {.inputs = {In::kX, In::kWeights, In::kBias}},
};

}  // namespace tandem::ops
