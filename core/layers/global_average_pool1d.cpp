#include "core/layers/sequence.h"

namespace tandem::layers {

extern const LayerDef global_average_pool1d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  return lowerGlobalSequencePooling(context, "average", inputs[0]);
}

}  // namespace

const LayerDef global_average_pool1d = {
    .type = "global_average_pool1d",
    .label = "Global average pooling 1D",
    .category = "Pooling",
    .summary = "One value per feature: the mean over all steps of a sample, up to its end.",
    .names = {.keras = "GlobalAveragePooling1D", .pytorch = "AdaptiveAvgPool1d(1)"},
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "y = mean over the steps",
             .shapes = "(steps, features) -> (features)",
             .example = {.inputs = {{{3, 1}, {1, 2, 6}}}, .outputs = {{{1}, {3}}}}},
};

}  // namespace tandem::layers
