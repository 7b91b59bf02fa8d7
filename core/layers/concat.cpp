#include "core/ops/concat.h"
#include "core/layers/common.h"

namespace tandem::layers {

extern const LayerDef concat;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  const Shape first = context.shape(inputs[0]);
  for (const ValueId input : inputs.subspan(1)) {
    const Shape& other = context.shape(input);
    if (other.rank() != first.rank() || other.with(-1, first[-1]) != first)
      return invalid("needs inputs that differ only in their channels, but gets " +
                         sampleText(context, inputs[0]) + " and " + sampleText(context, input),
                     {}, "Give the branches the same output height and width");
  }
  return context.op(ops::concat, {}, {inputs.begin(), inputs.end()});
}

}  // namespace

const LayerDef concat = {
    .type = "concat",
    .label = "Concatenate",
    .category = "Merge",
    .summary = "Joins its inputs along the channels (or features).",
    .names = {.keras = "Concatenate", .pytorch = "torch.cat"},
    .minInputs = 2,
    .maxInputs = 16,
    .keepsSteps = true,
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "y = the channels of the first input, then those of the second, ...",
             .shapes = "(..., channels 1), (..., channels 2), ... -> (..., sum of the channels)",
             .example = {.inputs = {{{2}, {1, 2}}, {{1}, {3}}}, .outputs = {{{3}, {1, 2, 3}}}}},
};

}  // namespace tandem::layers
