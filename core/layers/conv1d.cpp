#include "core/layers/sequence.h"
#include "core/ops/conv2d.h"

namespace tandem::layers {

extern const LayerDef conv1d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  using Ints = std::vector<std::int64_t>;
  const std::int64_t filters = integerOf(conv1d.properties, properties, "filters"),
                     kernel = integerOf(conv1d.properties, properties, "kernel"),
                     stride = integerOf(conv1d.properties, properties, "stride"),
                     dilation = integerOf(conv1d.properties, properties, "dilation");
  const std::string padding = textOf(conv1d.properties, properties, "padding");
  if (padding == "valid") TANDEM_TRY(requireSteps(context, inputs[0], "kernel", kernel, dilation));
  TANDEM_ASSIGN(const ValueId lengths,
                windowLengths(context, context.lengths(inputs[0]),
                              padding == "valid" ? (kernel - 1) * dilation + 1 : 1, stride));
  TANDEM_ASSIGN(const ValueId x, masked(context, inputs[0]));
  TANDEM_ASSIGN(const ValueId row, rowOf(context, x));
  const std::int64_t features = context.shape(row)[3];
  const Shape shape{filters, 1, kernel, features};
  TANDEM_TRY(LowerContext::checkSize(shape));
  const ValueId weights =
      context.parameter("kernel", shape, textOf(conv1d.properties, properties, "initializer"),
                        kernel * features, kernel * filters, true);
  penalizeKernel(context, conv1d, properties);
  Attrs attrs{{"stride", Ints{1, stride}}, {"dilation", Ints{1, dilation}}};
  const bool causal = padding == "causal";
  if (causal && (kernel - 1) * dilation > ops::kMaxWindowSize)
    return invalid("a causal kernel of " + std::to_string(kernel) + " steps dilated by " +
                       std::to_string(dilation) + " reaches too far back",
                   {}, "Use a smaller kernel or dilation");
  attrs.set("padding", causal ? std::string("explicit") : padding);
  if (causal) attrs.set("pads", Ints{0, 0, (kernel - 1) * dilation, 0});
  TANDEM_ASSIGN(const ValueId product, context.op(ops::conv2d, std::move(attrs), {row, weights}));
  // On the row, where they can be fused into the convolution.
  TANDEM_ASSIGN(const ValueId y, biasAndActivation(context, conv1d, properties, product));
  TANDEM_ASSIGN(const ValueId result, sequenceOf(context, y));
  context.setLengths(result, lengths);
  return result;
}

}  // namespace

const LayerDef conv1d = {
    .type = "conv1d",
    .label = "Convolution 1D",
    .category = "Convolution",
    .summary =
        "Slides trained filters over a sequence; detects a pattern wherever it occurs. What follows the end of a "
        "shorter sample counts as 0, and the result ends with the last filter that fits into the sample.",
    .names = {.keras = "Conv1D", .pytorch = "Conv1d"},
    .properties =
        {filtersProperty(), stepsProperty("kernel", "Kernel", 3, "Number of steps that a filter reads"),
         stepsProperty("stride", "Stride", 1, "Steps between positions: 2 halves the sequence"),
         borderProperty("valid: none, the sequence shrinks; same: the output has ceil(input / stride) "
                        "steps; causal: the same, and no output depends on later steps",
                        {"valid", "same", "causal"}, "valid"),
         stepsProperty("dilation", "Dilation", 1, "Distance between the steps that a filter covers"),
         activationProperty(), biasProperty(), initializerProperty(), l1Property(), l2Property()},
    .activationKey = "activation",
    .lower = lower,
    .help =
        {.formula =
             "y[t, f] = act(bias[f] + sum over k, c of kernel[f, k, c] x[t stride + k dilation - padding, c])",
         .shapes =
             "(steps, features) -> (steps', filters)\n"
             "steps' with padding valid: (steps - extent) / stride + 1, rounded down; same and causal: steps / "
             "stride, rounded up\n"
             "extent: (kernel - 1) dilation + 1",
         .example = {.inputs = {{{4, 1}, {1, 2, 4, 8}}},
                     .properties = {{"filters", std::int64_t{1}}, {"kernel", std::int64_t{2}}},
                     .weights = {{"kernel", {-1, 1}}},
                     .outputs = {{{3, 1}, {1, 2, 4}}}}},
};

}  // namespace tandem::layers
