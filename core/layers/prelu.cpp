#include "core/ops/prelu.h"
#include "core/layers/layer.h"

namespace tandem::layers {
namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  const Shape channels{context.shape(inputs[0])[-1]};
  const ValueId alpha = context.parameter("alpha", channels, "zeros", 0, 0, false);
  return context.op(ops::prelu, {}, {inputs[0], alpha});
}

}  // namespace

extern const LayerDef prelu;
const LayerDef prelu = {
    .type = "prelu",
    .label = "PReLU",
    .category = "Activation",
    .summary =
        "A leaky ReLU whose slope below zero is trained, one for each channel. Slopes start at 0, as in "
        "Keras; PyTorch starts at 0.25.",
    .names = {.keras = "PReLU", .pytorch = "PReLU"},
    .keepsSteps = true,
    .range = RangeRule::SignKept,
    .keepsShape = true,
    .lower = lower,
    .help = {.formula = "y = x if x > 0, else alpha x, with an alpha for each channel",
             .shapes = "any shape, unchanged",
             .example = {.inputs = {{{2}, {-4, 3}}},
                         .weights = {{"alpha", {0.25, 0.25}}},
                         .outputs = {{{2}, {-1, 3}}}}},
};

}  // namespace tandem::layers
