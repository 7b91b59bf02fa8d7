#include "core/layers/merge.h"

namespace tandem::layers {

extern const LayerDef multiply;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  return merged(context, inputs, CombineKind::Multiply);
}

}  // namespace

const LayerDef multiply = {
    .type = "multiply",
    .label = "Multiply",
    .category = "Merge",
    .summary = "Element-wise product of its inputs: the gate of a squeeze-and-excitation block.",
    .names = {.keras = "Multiply", .pytorch = "torch.mul"},
    .minInputs = 2,
    .maxInputs = 16,
    .keepsSteps = true,
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "y = a b ...",
             .shapes = "equal shapes; extents of 1 are repeated",
             .example = {.inputs = {{{2}, {1, 2}}, {{2}, {3, 4}}}, .outputs = {{{2}, {3, 8}}}}},
};

}  // namespace tandem::layers
