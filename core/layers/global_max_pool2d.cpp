#include "core/layers/pooling.h"

namespace tandem::layers {

extern const LayerDef global_max_pool2d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  return lowerGlobalPooling(context, "max", inputs[0]);
}

}  // namespace

const LayerDef global_max_pool2d = {
    .type = "global_max_pool2d",
    .label = "Global max pooling 2D",
    .category = "Pooling",
    .summary = "One value per channel: the largest in the image.",
    .names = {.keras = "GlobalMaxPooling2D", .pytorch = "AdaptiveMaxPool2d(1)"},
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "y = largest value of all pixels, for each channel",
             .shapes = "(height, width, channels) -> (channels)",
             .example = {.inputs = {{{2, 2, 1}, {1, 2, 3, 6}}}, .outputs = {{{1}, {6}}}}},
};

}  // namespace tandem::layers
