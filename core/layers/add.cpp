#include "core/layers/merge.h"

namespace tandem::layers {

extern const LayerDef add;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  return merged(context, inputs, CombineKind::Add);
}

}  // namespace

const LayerDef add = {
    .type = "add",
    .label = "Add",
    .category = "Merge",
    .summary = "Element-wise sum of its inputs: the shortcut of a residual network.",
    .names = {.keras = "Add", .pytorch = "torch.add"},
    .minInputs = 2,
    .maxInputs = 16,
    .keepsSteps = true,
    .range = RangeRule::SignKept,
    .lower = lower,
    .help = {.formula = "y = a + b + ...",
             .shapes = "equal shapes; extents of 1 are repeated",
             .example = {.inputs = {{{2}, {1, 2}}, {{2}, {3, 4}}}, .outputs = {{{2}, {4, 6}}}}},
};

}  // namespace tandem::layers
