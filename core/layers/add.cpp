#include "core/ops/add.h"
#include "core/layers/common.h"

namespace tandem::layers {

extern const LayerDef add;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  ValueId sum = inputs[0];
  for (const ValueId input : inputs.subspan(1)) {
    if (context.shape(input) != context.shape(sum))
      return invalid("needs inputs of the same shape, but gets " + sampleText(context, sum) + " and " +
                         sampleText(context, input),
                     {}, "Give the branches the same output shape, for instance with a 1 x 1 convolution");
    TANDEM_ASSIGN(sum, context.op(ops::add, {}, {sum, input}));
  }
  return sum;
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
    .lower = lower,
};

}  // namespace tandem::layers
