#include "core/layers/common.h"
#include "core/ops/upsample2d.h"

namespace tandem::layers {

extern const LayerDef repeat_vector;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  if (context.shape(inputs[0]).rank() != 2)
    return invalid("needs a vector (features), but its input is " + sampleText(context, inputs[0]), {},
                   "Insert a flatten or global pooling layer before it");
  const std::int64_t features = context.shape(inputs[0])[1],
                     steps = integerOf(repeat_vector.properties, properties, "steps");
  // An image of one pixel, enlarged.
  TANDEM_ASSIGN(
      const ValueId pixel,
      context.op(ops::reshape, {{"shape", std::vector<std::int64_t>{1, 1, features}}}, {inputs[0]}));
  TANDEM_ASSIGN(const ValueId column,
                context.op(ops::upsample2d, {{"size", std::vector<std::int64_t>{steps, 1}}}, {pixel}));
  return context.op(ops::reshape, {{"shape", std::vector<std::int64_t>{steps, features}}}, {column});
}

}  // namespace

const LayerDef repeat_vector = {
    .type = "repeat_vector",
    .label = "Repeat vector",
    .category = "Shape",
    .summary = "A sequence that has a copy of its input at each step, such as the input of a decoder.",
    .names = {.keras = "RepeatVector"},
    .properties = {{.key = "steps",
                    .label = "Steps",
                    .kind = PropertyKind::Integer,
                    .fallback = std::int64_t{8},
                    .tooltip = "Number of copies",
                    .minimum = 1,
                    .maximum = 65536}},
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "y[t] = x",
             .shapes = "(features) -> (steps, features)",
             .example = {.inputs = {{{2}, {1, 2}}},
                         .properties = {{"steps", std::int64_t{2}}},
                         .outputs = {{{2, 2}, {1, 2, 1, 2}}}}},
};

}  // namespace tandem::layers
