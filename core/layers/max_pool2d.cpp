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
};

}  // namespace tandem::layers
