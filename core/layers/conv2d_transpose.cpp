#include <algorithm>

#include "core/layers/common.h"
#include "core/ops/conv2d_dgrad.h"

namespace tandem::layers {

extern const LayerDef conv2d_transpose;

namespace {

// The input is the result of a convolution with these settings, and the output the image that it reads.
Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  TANDEM_TRY(requireImage(context, inputs[0]));
  const Shape image = context.shape(inputs[0]);
  const std::int64_t filters = integerOf(conv2d_transpose.properties, properties, "filters");
  const auto kernel = integersOf(conv2d_transpose.properties, properties, "kernel");
  const auto stride = integersOf(conv2d_transpose.properties, properties, "stride");
  const std::string padding = textOf(conv2d_transpose.properties, properties, "padding");
  const Shape shape{image[3], kernel[0], kernel[1], filters};
  TANDEM_TRY(LowerContext::checkSize(shape));
  // Fans as in Keras and PyTorch, which read the shape as that of a convolution: the filters count as its input.
  const std::int64_t window = kernel[0] * kernel[1];
  const ValueId weights =
      context.parameter("kernel", shape, textOf(conv2d_transpose.properties, properties, "initializer"),
                        window * filters, window * image[3], true);
  penalizeKernel(context, conv2d_transpose, properties);
  std::vector<std::int64_t> size;  // as in Keras
  for (const std::size_t axis : {std::size_t{0}, std::size_t{1}}) {
    const std::int64_t beyond =
        padding == "same" ? 0 : std::max<std::int64_t>(0, kernel[axis] - stride[axis]);
    size.push_back(image[static_cast<int>(axis) + 1] * stride[axis] + beyond);
  }
  TANDEM_ASSIGN(const ValueId y, context.op(ops::conv2d_dgrad,
                                            {{"stride", stride}, {"padding", padding}, {"input_shape", size}},
                                            {inputs[0], weights}));
  return biasAndActivation(context, conv2d_transpose, properties, y);
}

}  // namespace

const LayerDef conv2d_transpose = {
    .type = "conv2d_transpose",
    .label = "Transposed convolution 2D",
    .category = "Convolution",
    .summary =
        "Enlarges an image with trained filters: each input pixel adds a scaled copy of them to the output.",
    .names = {.keras = "Conv2DTranspose", .pytorch = "ConvTranspose2d"},
    .properties = {filtersProperty(),
                   pairProperty("kernel", "Kernel", 3, "Height and width of each filter", 1024),
                   pairProperty("stride", "Stride", 2, "Step between the filters: 2 doubles the image", 1024),
                   borderProperty(
                       "same: the output has input * stride pixels; valid: also those that the kernel "
                       "extends beyond them",
                       {"valid", "same"}, "same"),
                   activationProperty(), biasProperty(), initializerProperty(), l1Property(), l2Property()},
    .activationKey = "activation",
    .lower = lower,
    .help =
        {.formula =
             "y = act(bias + sum over the input pixels of x[i, j, c] kernel[c], placed at i stride, j stride)",
         .shapes = "(height, width, channels) -> (height', width', filters)\n"
                   "height' with padding same: height stride; valid: height stride + max(kernel - stride, 0)",
         .example = {.inputs = {{{1, 2, 1}, {1, 3}}},
                     .properties = {{"filters", std::int64_t{1}},
                                    {"kernel", std::vector<std::int64_t>{2, 2}}},
                     .weights = {{"kernel", {1, 2, 3, 4}}},
                     .outputs = {{{2, 4, 1}, {1, 2, 3, 6, 3, 4, 9, 12}}}}},
};

}  // namespace tandem::layers
