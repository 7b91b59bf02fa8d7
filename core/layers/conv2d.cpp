#include "core/ops/conv2d.h"
#include "core/layers/common.h"

namespace tandem::layers {

extern const LayerDef conv2d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  TANDEM_TRY(requireImage(context, inputs[0]));
  const std::int64_t channels = context.shape(inputs[0])[3];
  const std::int64_t filters = integerOf(conv2d.properties, properties, "filters");
  const std::int64_t groups = integerOf(conv2d.properties, properties, "groups");
  const auto kernel = integersOf(conv2d.properties, properties, "kernel");
  if (channels % groups != 0 || filters % groups != 0)
    return invalid("Groups = " + std::to_string(groups) + " must divide the " + std::to_string(channels) +
                       " input channels and the " + std::to_string(filters) + " filters",
                   {}, "Set groups to 1 or to a common divisor");
  const Shape shape{filters, kernel[0], kernel[1], channels / groups};
  TANDEM_TRY(LowerContext::checkSize(shape));
  // Fans as in Keras: the kernel's window times channels in, and times filters out.
  const std::int64_t window = kernel[0] * kernel[1];
  const ValueId weights =
      context.parameter("kernel", shape, textOf(conv2d.properties, properties, "initializer"),
                        window * shape[3], window * filters, true);
  penalizeKernel(context, conv2d, properties);
  Attrs attrs{{"stride", integersOf(conv2d.properties, properties, "stride")},
              {"dilation", integersOf(conv2d.properties, properties, "dilation")},
              {"groups", groups}};
  TANDEM_TRY(setPadding(conv2d, properties, attrs));
  TANDEM_ASSIGN(const ValueId y, context.op(ops::conv2d, std::move(attrs), {inputs[0], weights}));
  return biasAndActivation(context, conv2d, properties, y);
}

}  // namespace

const LayerDef conv2d = {
    .type = "conv2d",
    .label = "Convolution 2D",
    .category = "Convolution",
    .summary = "Slides small trained filters over an image; detects a feature wherever it occurs.",
    .names = {.keras = "Conv2D", .pytorch = "Conv2d"},
    .properties = {filtersProperty(),
                   pairProperty("kernel", "Kernel", 3, "Height and width of each filter", 1024),
                   pairProperty("stride", "Stride", 1, "Step between positions: 2 halves the image", 1024),
                   paddingProperty("valid"),
                   padsProperty(),
                   pairProperty("dilation", "Dilation", 1, "Spacing of the pixels that a filter reads", 1024),
                   {.key = "groups",
                    .label = "Groups",
                    .kind = PropertyKind::Integer,
                    .fallback = std::int64_t{1},
                    .tooltip = "Number of channel groups, each convolved separately",
                    .minimum = 1,
                    .maximum = 65536},
                   activationProperty(),
                   biasProperty(),
                   initializerProperty(),
                   l1Property(),
                   l2Property()},
    .activationKey = "activation",
    .lower = lower,
    .help =
        {.formula =
             "y[i, j, f] = act(bias[f] + sum over k, l, c of kernel[f, k, l, c] x[i stride + k dilation - "
             "padding, ...])",
         .shapes =
             "(height, width, channels) -> (height', width', filters)\n"
             "height' with padding valid: (height - extent) / stride + 1, rounded down; same: height / stride, "
             "rounded up\n"
             "extent: (kernel - 1) dilation + 1",
         .example = {.inputs = {{{2, 3, 1}, {1, 2, 3, 4, 5, 6}}},
                     .properties = {{"filters", std::int64_t{1}},
                                    {"kernel", std::vector<std::int64_t>{2, 2}}},
                     .weights = {{"kernel", {1, 0, 0, 1}}},
                     .outputs = {{{1, 2, 1}, {6, 8}}}}},
};

}  // namespace tandem::layers
