#include "core/layers/sequence.h"

namespace tandem::layers {

extern const LayerDef global_max_pool1d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  return lowerGlobalSequencePooling(context, "max", inputs[0]);
}

}  // namespace

const LayerDef global_max_pool1d = {
    .type = "global_max_pool1d",
    .label = "Global max pooling 1D",
    .category = "Pooling",
    .summary = "One value per feature: the largest of all steps of a sample, up to its end.",
    .names = {.keras = "GlobalMaxPooling1D", .pytorch = "AdaptiveMaxPool1d(1)"},
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "y = largest value of all steps, for each feature",
             .shapes = "(steps, features) -> (features)",
             .example = {.inputs = {{{3, 1}, {1, 2, 6}}}, .outputs = {{{1}, {6}}}}},
};

}  // namespace tandem::layers
