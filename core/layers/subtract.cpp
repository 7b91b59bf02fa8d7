#include "core/layers/merge.h"

namespace tandem::layers {

extern const LayerDef subtract;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  return merged(context, inputs, CombineKind::Subtract);
}

}  // namespace

const LayerDef subtract = {
    .type = "subtract",
    .label = "Subtract",
    .category = "Merge",
    .summary = "Element-wise difference: the minuend minus the subtrahend.",
    .names = {.keras = "Subtract", .pytorch = "torch.sub"},
    .minInputs = 2,
    .maxInputs = 2,
    .inputNames = {"minuend", "subtrahend"},
    .keepsSteps = true,
    .lower = lower,
    .help = {.formula = "y = minuend - subtrahend",
             .shapes = "equal shapes; extents of 1 are repeated",
             .example = {.inputs = {{{2}, {1, 2}}, {{2}, {3, 1}}}, .outputs = {{{2}, {-2, 1}}}}},
};

}  // namespace tandem::layers
