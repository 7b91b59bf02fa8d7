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
    .summary = "One number per channel: the largest value in the whole image.",
    .lower = lower,
    .keras = "GlobalMaxPooling2D",
};

}  // namespace tandem::layers
