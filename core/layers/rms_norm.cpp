#include "core/layers/normalizing.h"

namespace tandem::layers {

extern const LayerDef rms_norm;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  return groupNormalized(context, rms_norm, properties, inputs[0], "features", 1, false);
}

}  // namespace

const LayerDef rms_norm = {
    .type = "rms_norm",
    .label = "RMS normalization",
    .category = "Normalization",
    .summary =
        "Divides the features of each position by their root mean square: layer normalization without mean and "
        "shift, which costs less.",
    .names = {.keras = "RMSNormalization", .pytorch = "RMSNorm"},
    .properties = {epsilonProperty(1e-6)},
    .keepsSteps = true,
    .keepsShape = true,
    .lower = lower,
    .help = {.formula = "y = gamma x / sqrt(mean of x^2 + epsilon), over the features of a position",
             .shapes = "any shape, unchanged",
             .example = {.inputs = {{{2}, {3, 4}}}, .outputs = {{{2}, {0.849, 1.131}}}}},
};

}  // namespace tandem::layers
