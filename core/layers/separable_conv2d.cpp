#include "core/layers/depthwise.h"

namespace tandem::layers {

extern const LayerDef separable_conv2d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  TANDEM_ASSIGN(const ValueId x,
                depthwise(context, separable_conv2d, properties, "depthwise_kernel", inputs[0]));
  const std::int64_t channels = context.shape(x)[3],
                     filters = integerOf(separable_conv2d.properties, properties, "filters");
  const Shape shape{filters, 1, 1, channels};
  TANDEM_TRY(LowerContext::checkSize(shape));
  const ValueId weights = context.parameter("pointwise_kernel", shape,
                                            textOf(separable_conv2d.properties, properties, "initializer"),
                                            channels, filters, true);
  penalizeKernel(context, separable_conv2d, properties);
  TANDEM_ASSIGN(const ValueId y, context.op(ops::conv2d, {}, {x, weights}));
  return biasAndActivation(context, separable_conv2d, properties, y);
}

std::vector<Property> properties() {
  std::vector<Property> all = depthwiseProperties();
  all.insert(all.begin(), filtersProperty());
  return all;
}

}  // namespace

const LayerDef separable_conv2d = {
    .type = "separable_conv2d",
    .label = "Separable convolution 2D",
    .category = "Convolution",
    .summary =
        "A convolution of each channel by itself, then one of 1 x 1 pixels over all channels: similar results as a "
        "convolution with a fraction of its weights and time.",
    .names = {.keras = "SeparableConv2D"},
    .properties = properties(),
    .activationKey = "activation",
    .lower = lower,
    .help = {.formula = "u = depthwise convolution of x with depthwise_kernel\n"
                        "y[i, j, f] = act(bias[f] + sum over c of pointwise_kernel[f, c] u[i, j, c])",
             .shapes = "(height, width, channels) -> (height', width', filters)\n"
                       "height' as in a convolution",
             .example = {.inputs = {{{1, 2, 2}, {1, 2, 3, 4}}},
                         .properties = {{"filters", std::int64_t{1}},
                                        {"kernel", std::vector<std::int64_t>{1, 2}}},
                         .weights = {{"depthwise_kernel", {1, 1, -1, 1}}, {"pointwise_kernel", {10, 1}}},
                         .outputs = {{{1, 1, 1}, {42}}}}},
};

}  // namespace tandem::layers
