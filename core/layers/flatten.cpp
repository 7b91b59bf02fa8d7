#include "core/layers/sequence.h"

namespace tandem::layers {

extern const LayerDef flatten;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  TANDEM_ASSIGN(const ValueId x, masked(context, inputs[0]));
  return flattened(context, x);
}

}  // namespace

const LayerDef flatten = {
    .type = "flatten",
    .label = "Flatten",
    .category = "Core",
    .summary =
        "Reshapes an image to a vector, for dense layers. Of sequences that differ in length, what follows the end "
        "becomes 0.",
    .names = {.keras = "Flatten", .pytorch = "Flatten"},
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "the same values, the last dimension varying fastest",
             .shapes = "(a, b, ...) -> (a b ...)",
             .example = {.inputs = {{{2, 2, 1}, {1, 2, 3, 4}}}, .outputs = {{{4}, {1, 2, 3, 4}}}}},
};

}  // namespace tandem::layers
