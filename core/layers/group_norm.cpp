#include "core/layers/normalizing.h"

namespace tandem::layers {

extern const LayerDef group_norm;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  TANDEM_TRY(requireOneLength(context, inputs[0]));
  return groupNormalized(context, group_norm, properties, inputs[0], "sample",
                         integerOf(group_norm.properties, properties, "groups"));
}

}  // namespace

const LayerDef group_norm = {
    .type = "group_norm",
    .label = "Group normalization",
    .category = "Normalization",
    .summary =
        "Normalizes groups of channels over all pixels of a sample to mean 0 and variance 1; suits small batches, "
        "for which batch normalization is too noisy.",
    .names = {.keras = "GroupNormalization", .pytorch = "GroupNorm"},
    .properties =
        {{.key = "groups",
          .label = "Groups",
          .kind = PropertyKind::Integer,
          .fallback = std::int64_t{32},
          .tooltip =
              "Number of groups, a divisor of the number of channels; 1 normalizes all of them together",
          .minimum = 1,
          .maximum = 65536},
         epsilonProperty(1e-3)},
    .keepsShape = true,
    .lower = lower,
    .help = {.formula =
                 "y = gamma (x - mean) / sqrt(variance + epsilon) + beta, over a group of channels and all "
                 "positions of a sample",
             .shapes = "any shape, unchanged",
             .example = {.inputs = {{{4}, {1, 3, 10, 30}}},
                         .properties = {{"groups", std::int64_t{2}}},
                         .outputs = {{{4}, {-1, 1, -1, 1}}}}},
};

}  // namespace tandem::layers
