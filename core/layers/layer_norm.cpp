#include "core/layers/normalizing.h"

namespace tandem::layers {

extern const LayerDef layer_norm;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  return groupNormalized(context, layer_norm, properties, inputs[0], "features", 1);
}

}  // namespace

const LayerDef layer_norm = {
    .type = "layer_norm",
    .label = "Layer normalization",
    .category = "Normalization",
    .summary =
        "Normalizes the features of each position to mean 0 and variance 1, independently of the batch. In an image, "
        "each pixel is normalized over its channels, as in Keras; PyTorch's LayerNorm usually normalizes all of it.",
    .names = {.keras = "LayerNormalization", .pytorch = "LayerNorm"},
    .properties = {epsilonProperty(1e-3)},
    .keepsSteps = true,
    .keepsShape = true,
    .lower = lower,
    .help = {.formula =
                 "y = gamma (x - mean) / sqrt(variance + epsilon) + beta, over the features of a position",
             .shapes = "any shape, unchanged",
             .example = {.inputs = {{{2}, {1, 3}}},
                         .weights = {{"gamma", {1, 2}}},
                         .outputs = {{{2}, {-1, 1.999}}}}},
};

}  // namespace tandem::layers
