#include "core/layers/sequence.h"

namespace tandem::layers {

extern const LayerDef max_pool1d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  return lowerSequencePooling(context, max_pool1d, properties, "max", inputs[0]);
}

}  // namespace

const LayerDef max_pool1d = {
    .type = "max_pool1d",
    .label = "Max pooling 1D",
    .category = "Pooling",
    .summary =
        "Shortens a sequence: each window becomes its largest value. What follows the end of a shorter sample "
        "is left "
        "out.",
    .names = {.keras = "MaxPooling1D", .pytorch = "MaxPool1d"},
    .properties = sequencePoolingProperties(),
    .range = RangeRule::Kept,
    .lower = lower,
    .help =
        {.formula = "y = largest value in the window, for each feature",
         .shapes =
             "(steps, features) -> (steps', features)\n"
             "steps' with padding valid: (input - window) / stride + 1, rounded down; same: input / stride, "
             "rounded up",
         .example = {.inputs = {{{4, 1}, {1, 3, 5, 2}}}, .outputs = {{{2, 1}, {3, 5}}}}},
};

}  // namespace tandem::layers
