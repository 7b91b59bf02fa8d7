#include "core/layers/common.h"
#include "core/layers/normalizing.h"

namespace tandem::layers {

extern const LayerDef instance_norm;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  const Shape& shape = context.shape(inputs[0]);
  if (shape.rank() < 3)
    return invalid(
        "needs several positions, as in an image, but its input is " + sampleText(context, inputs[0]), {},
        "Normalize vectors with layer normalization");
  TANDEM_TRY(requireOneLength(context, inputs[0]));
  return groupNormalized(context, instance_norm, properties, inputs[0], "sample", shape[-1]);
}

}  // namespace

const LayerDef instance_norm = {
    .type = "instance_norm",
    .label = "Instance normalization",
    .category = "Normalization",
    .summary =
        "Normalizes each channel over all pixels of a sample to mean 0 and variance 1: group normalization with one "
        "channel per group, usual in style transfer.",
    .names = {.keras = "GroupNormalization(groups=-1)",
              .pytorch = "InstanceNorm1d(affine=True) / InstanceNorm2d(affine=True)"},
    .properties = {epsilonProperty(1e-3)},
    .keepsShape = true,
    .lower = lower,
    .help = {.formula =
                 "y = gamma (x - mean) / sqrt(variance + epsilon) + beta, over all positions of a channel",
             .shapes = "(..., channels), unchanged",
             .example = {.inputs = {{{2, 1}, {1, 3}}}, .outputs = {{{2, 1}, {-1, 1}}}}},
};

}  // namespace tandem::layers
