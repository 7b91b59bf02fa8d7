#include "core/ops/dropout.h"
#include "core/layers/layer.h"

namespace tandem::layers {

extern const LayerDef dropout;

namespace {

// Inverted dropout: scaled during training, so that it is the identity otherwise.
Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  const double rate = numberOf(dropout.properties, properties, "rate");
  if (!context.training() || rate == 0) return inputs[0];
  const ops::DropoutAttrs attrs{static_cast<float>(rate), context.seed,
                                static_cast<std::uint64_t>(context.layerIndex())};
  return context.op(ops::dropout, attrs.attrs(), {inputs[0], context.stepBlock()});
}

}  // namespace

const LayerDef dropout = {
    .type = "dropout",
    .label = "Dropout",
    .category = "Regularization",
    .summary =
        "Sets a random share of values to zero during training to reduce overfitting; "
        "freezing layers does not affect it.",
    .names = {.keras = "Dropout", .pytorch = "Dropout"},
    .properties = {{.key = "rate",
                    .label = "Rate",
                    .kind = PropertyKind::Number,
                    .fallback = 0.5,
                    .tooltip = "Share of values that are dropped: 0.2 to 0.5 is typical",
                    .minimum = 0,
                    .maximum = 0.99}},
    .keepsSteps = true,
    .range = RangeRule::Kept,
    .keepsShape = true,
    .lower = lower,
    .help = {.formula = "training: y = 0 with probability rate, else x / (1 - rate)\n"
                        "otherwise: y = x",
             .shapes = "any shape, unchanged",
             .example = {.inputs = {{{2}, {1, 2}}}, .outputs = {{{2}, {1, 2}}}}},
};

}  // namespace tandem::layers
