#include "core/layers/pooling.h"

namespace tandem::layers {

extern const LayerDef global_average_pool2d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  return lowerGlobalPooling(context, "average", inputs[0]);
}

}  // namespace

const LayerDef global_average_pool2d = {
    .type = "global_average_pool2d",
    .label = "Global average pooling 2D",
    .category = "Pooling",
    .summary = "One value per channel: the mean over the image.",
    .names = {.keras = "GlobalAveragePooling2D", .pytorch = "AdaptiveAvgPool2d(1)"},
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "y = mean over the pixels",
             .shapes = "(height, width, channels) -> (channels)",
             .example = {.inputs = {{{2, 2, 1}, {1, 2, 3, 6}}}, .outputs = {{{1}, {3}}}}},
};

}  // namespace tandem::layers
