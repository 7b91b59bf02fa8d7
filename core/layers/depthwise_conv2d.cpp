#include "core/layers/depthwise.h"

namespace tandem::layers {

extern const LayerDef depthwise_conv2d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  TANDEM_ASSIGN(const ValueId y, depthwise(context, depthwise_conv2d, properties, "kernel", inputs[0]));
  return biasAndActivation(context, depthwise_conv2d, properties, y);
}

}  // namespace

const LayerDef depthwise_conv2d = {
    .type = "depthwise_conv2d",
    .label = "Depthwise convolution 2D",
    .category = "Convolution",
    .summary =
        "Convolves each channel with its own filters, which costs far less than a convolution over all "
        "channels: the same "
        "as a convolution with as many groups as channels.",
    .names = {.keras = "DepthwiseConv2D"},
    .properties = depthwiseProperties(),
    .activationKey = "activation",
    .lower = lower,
    .help = {.formula = "y[i, j, c m + n] = act(bias[c m + n] + sum over k, l of kernel[c m + n, k, l] x[i "
                        "stride + k dilation - padding, ..., c])\n"
                        "for each n below the multiplier m",
             .shapes = "(height, width, channels) -> (height', width', channels multiplier)\n"
                       "height' as in a convolution",
             .example = {.inputs = {{{1, 2, 2}, {1, 2, 3, 4}}},
                         .properties = {{"kernel", std::vector<std::int64_t>{1, 2}}},
                         .weights = {{"kernel", {1, 1, -1, 1}}},
                         .outputs = {{{1, 1, 2}, {4, 2}}}}},
};

}  // namespace tandem::layers
