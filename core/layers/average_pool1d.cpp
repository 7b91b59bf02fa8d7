#include "core/layers/sequence.h"

namespace tandem::layers {

extern const LayerDef average_pool1d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  return lowerSequencePooling(context, average_pool1d, properties, "average", inputs[0]);
}

}  // namespace

const LayerDef average_pool1d = {
    .type = "average_pool1d",
    .label = "Average pooling 1D",
    .category = "Pooling",
    .summary =
        "Shortens a sequence: each window becomes its mean. The result of a shorter sample ends with the last window "
        "that fits into it.",
    .names = {.keras = "AveragePooling1D", .pytorch = "AvgPool1d"},
    .properties = sequencePoolingProperties(),
    .range = RangeRule::Kept,
    .lower = lower,
    .help =
        {.formula = "y = mean of the steps in the window",
         .shapes =
             "(steps, features) -> (steps', features)\n"
             "steps' with padding valid: (input - window) / stride + 1, rounded down; same: input / stride, "
             "rounded up",
         .example = {.inputs = {{{4, 1}, {1, 3, 5, 9}}}, .outputs = {{{2, 1}, {2, 7}}}}},
};

}  // namespace tandem::layers
