#include "core/layers/common.h"
#include "core/ops/channel_dropout.h"

namespace tandem::layers {

extern const LayerDef spatial_dropout;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  if (context.shape(inputs[0]).rank() < 3)
    return invalid("needs a sequence or an image, but its input is " + sampleText(context, inputs[0]), {},
                   "Use a dropout layer for vectors");
  const double rate = numberOf(spatial_dropout.properties, properties, "rate");
  if (!context.training() || rate == 0) return inputs[0];
  const ops::DropoutAttrs attrs{static_cast<float>(rate), context.seed,
                                static_cast<std::uint64_t>(context.layerIndex())};
  return context.op(ops::channel_dropout, attrs.attrs(), {inputs[0], context.stepBlock()});
}

}  // namespace

const LayerDef spatial_dropout = {
    .type = "spatial_dropout",
    .label = "Spatial dropout",
    .category = "Regularization",
    .summary =
        "Sets whole channels of an image, or features of a sequence, to zero during training. After "
        "convolutions, whose "
        "neighboring values are alike, it regularizes more than dropout.",
    .names = {.keras = "SpatialDropout1D / SpatialDropout2D", .pytorch = "Dropout1d / Dropout2d"},
    .properties = {{.key = "rate",
                    .label = "Rate",
                    .kind = PropertyKind::Number,
                    .fallback = 0.5,
                    .tooltip = "Share of channels that are dropped: 0.1 to 0.5 is typical",
                    .minimum = 0,
                    .maximum = 0.99}},
    .keepsSteps = true,
    .range = RangeRule::Kept,
    .keepsShape = true,
    .lower = lower,
    .help = {.formula = "training: y[..., c] = 0 with probability rate, for each sample and channel, else "
                        "x[..., c] / (1 - rate)\n"
                        "otherwise: y = x",
             .shapes = "(..., channels), unchanged",
             .example = {.inputs = {{{2, 2}, {1, 2, 3, 4}}}, .outputs = {{{2, 2}, {1, 2, 3, 4}}}}},
};

}  // namespace tandem::layers
