#include "core/layers/sequence.h"

namespace tandem::layers {

extern const LayerDef last_step;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  return pooledSteps(context, "last", inputs[0]);
}

}  // namespace

const LayerDef last_step = {
    .type = "last_step",
    .label = "Last step",
    .category = "Pooling",
    .summary =
        "The last step of a sequence as a vector: of a sample that is shorter, the step at its end. After a "
        "recurrent "
        "layer, it depends on the whole sequence.",
    .names = {.pytorch = "torch.select"},
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "y = x[last step of the sample]",
             .shapes = "(steps, features) -> (features)",
             .example = {.inputs = {{{3, 1}, {1, 2, 6}}}, .outputs = {{{1}, {6}}}}},
};

}  // namespace tandem::layers
