#include "core/layers/merge.h"

namespace tandem::layers {

extern const LayerDef maximum;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  return merged(context, inputs, CombineKind::Maximum);
}

}  // namespace

const LayerDef maximum = {
    .type = "maximum",
    .label = "Maximum",
    .category = "Merge",
    .summary = "Element-wise maximum of its inputs.",
    .names = {.keras = "Maximum", .pytorch = "torch.maximum"},
    .minInputs = 2,
    .maxInputs = 16,
    .keepsSteps = true,
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "y = max(a, b, ...)",
             .shapes = "equal shapes; extents of 1 are repeated",
             .example = {.inputs = {{{2}, {1, 5}}, {{2}, {3, 4}}}, .outputs = {{{2}, {3, 5}}}}},
};

}  // namespace tandem::layers
