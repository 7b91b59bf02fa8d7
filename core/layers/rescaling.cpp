#include "core/layers/layer.h"
#include "core/ops/affine.h"

namespace tandem::layers {

extern const LayerDef rescaling;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  return context.op(ops::affine,
                    {{"scale", numbersOf(rescaling.properties, properties, "scale")},
                     {"offset", numbersOf(rescaling.properties, properties, "offset")}},
                    {inputs[0]});
}

}  // namespace

const LayerDef rescaling = {
    .type = "rescaling",
    .label = "Rescaling",
    .category = "Normalization",
    .summary =
        "Multiplies by a constant and adds another one: for instance, the scale of a residual branch, or a unit. The data "
        "is already normalized when it enters the network.",
    .names = {.keras = "Rescaling"},
    .properties = {{.key = "scale",
                    .label = "Scale",
                    .kind = PropertyKind::Numbers,
                    .fallback = std::vector<double>{1},
                    .tooltip = "Factor: one number, or one for each channel",
                    .minimum = -1e30,
                    .maximum = 1e30},
                   {.key = "offset",
                    .label = "Offset",
                    .kind = PropertyKind::Numbers,
                    .fallback = std::vector<double>{0},
                    .tooltip = "Added to the product: one number, or one for each channel",
                    .minimum = -1e30,
                    .maximum = 1e30}},
    .keepsSteps = true,
    .keepsShape = true,
    .lower = lower,
    .help = {.formula = "y = x scale + offset",
             .shapes = "any shape, unchanged",
             .example = {.inputs = {{{2}, {2, 4}}},
                         .properties = {{"scale", std::vector<double>{0.5}},
                                        {"offset", std::vector<double>{-1, 1}}},
                         .outputs = {{{2}, {0, 3}}}}},
};

}  // namespace tandem::layers
