#include "core/layers/merge.h"

namespace tandem::layers {

extern const LayerDef minimum;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  return merged(context, inputs, CombineKind::Minimum);
}

}  // namespace

const LayerDef minimum = {
    .type = "minimum",
    .label = "Minimum",
    .category = "Merge",
    .summary = "Element-wise minimum of its inputs.",
    .names = {.keras = "Minimum", .pytorch = "torch.minimum"},
    .minInputs = 2,
    .maxInputs = 16,
    .keepsSteps = true,
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "y = min(a, b, ...)",
             .shapes = "equal shapes; extents of 1 are repeated",
             .example = {.inputs = {{{2}, {1, 5}}, {{2}, {3, 4}}}, .outputs = {{{2}, {1, 4}}}}},
};

}  // namespace tandem::layers
