#include "core/layers/merge.h"

namespace tandem::layers {

extern const LayerDef average;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  return merged(context, inputs, CombineKind::Add, 1.0 / static_cast<double>(inputs.size()));
}

}  // namespace

const LayerDef average = {
    .type = "average",
    .label = "Average",
    .category = "Merge",
    .summary = "Element-wise mean of its inputs.",
    .names = {.keras = "Average"},
    .minInputs = 2,
    .maxInputs = 16,
    .keepsSteps = true,
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "y = (a + b + ...) / number of inputs",
             .shapes = "equal shapes; extents of 1 are repeated",
             .example = {.inputs = {{{2}, {1, 2}}, {{2}, {3, 6}}}, .outputs = {{{2}, {2, 4}}}}},
};

}  // namespace tandem::layers
