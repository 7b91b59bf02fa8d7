#include "core/layers/pooling.h"

namespace tandem::layers {

extern const LayerDef average_pool2d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  return lowerPooling(context, average_pool2d, properties, "average", inputs[0]);
}

}  // namespace

const LayerDef average_pool2d = {
    .type = "average_pool2d",
    .label = "Average pooling 2D",
    .category = "Pooling",
    .summary = "Downsamples an image: each window becomes its mean.",
    .names = {.keras = "AveragePooling2D", .pytorch = "AvgPool2d"},
    .properties = poolingProperties(),
    .range = RangeRule::Kept,
    .lower = lower,
    .help =
        {.formula = "y = mean of the pixels in the window; a border does not count",
         .shapes =
             "(height, width, channels) -> (height', width', channels)\n"
             "height' with padding valid: (input - window) / stride + 1, rounded down; same: input / stride, "
             "rounded up",
         .example = {.inputs = {{{2, 2, 1}, {1, 2, 3, 6}}}, .outputs = {{{1, 1, 1}, {3}}}}},
};

}  // namespace tandem::layers
