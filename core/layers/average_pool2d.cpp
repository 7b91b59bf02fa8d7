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
};

}  // namespace tandem::layers
