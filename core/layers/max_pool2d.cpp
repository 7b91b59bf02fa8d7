#include "core/layers/pooling.h"

namespace tandem::layers {

extern const LayerDef max_pool2d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  return lowerPooling(context, max_pool2d, properties, "max", inputs[0]);
}

}  // namespace

const LayerDef max_pool2d = {
    .type = "max_pool2d",
    .label = "Max pooling 2D",
    .category = "Pooling",
    .summary = "Downsamples an image: each window becomes its largest value.",
    .names = {.keras = "MaxPooling2D", .pytorch = "MaxPool2d"},
    .properties = poolingProperties(),
    .range = RangeRule::Kept,
    .lower = lower,
    .help =
        {.formula = "y = largest value in the window, for each channel",
         .shapes =
             "(height, width, channels) -> (height', width', channels)\n"
             "height' with padding valid: (input - window) / stride + 1, rounded down; same: input / stride, "
             "rounded up",
         .example = {.inputs = {{{2, 2, 1}, {1, 2, 3, 6}}}, .outputs = {{{1, 1, 1}, {6}}}}},
};

}  // namespace tandem::layers
