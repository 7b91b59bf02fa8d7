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
};

}  // namespace tandem::layers
