#include <fmt/format.h>

#include "core/layers/common.h"
#include "core/ops/slice.h"

namespace tandem::layers {

extern const LayerDef split;

namespace {

std::vector<std::string> outputs(const Attrs& properties) {
  std::vector<std::string> names;
  for (std::int64_t part = 1; part <= integerOf(split.properties, properties, "parts"); ++part)
    names.push_back(fmt::format("part_{}", part));
  return names;
}

Result<std::vector<ValueId>> lowerMany(LowerContext& context, const Attrs& properties,
                                       std::span<const ValueId> inputs) {
  const std::int64_t parts = integerOf(split.properties, properties, "parts"),
                     channels = context.shape(inputs[0])[-1];
  if (channels % parts != 0)
    return invalid(
        fmt::format("divides its input into {} equal parts, but the input has {} channels", parts, channels),
        {}, "Choose a number of parts that divides the number of channels");
  const std::int64_t extent = channels / parts;
  std::vector<ValueId> values;
  for (std::int64_t part = 0; part < parts; ++part) {
    TANDEM_ASSIGN(
        const ValueId value,
        context.op(ops::slice, {{"axis", std::int64_t{-1}}, {"begin", part * extent}, {"extent", extent}},
                   {inputs[0]}));
    values.push_back(value);
  }
  return values;
}

}  // namespace

const LayerDef split = {
    .type = "split",
    .label = "Split",
    .category = "Shape",
    .summary = "Divides its input along the channels (or features) into equal parts, each with an output.",
    .names = {.pytorch = "torch.chunk"},
    .properties = {{.key = "parts",
                    .label = "Parts",
                    .kind = PropertyKind::Integer,
                    .fallback = std::int64_t{2},
                    .tooltip = "Number of outputs; it must divide the number of channels",
                    .minimum = 2,
                    .maximum = 16}},
    .keepsSteps = true,
    .range = RangeRule::Kept,
    .outputs = outputs,
    .lowerMany = lowerMany,
    .help = {.formula = "part n = channels (n - 1) size to n size - 1 of x",
             .shapes = "(..., channels) -> parts times (..., channels / parts)",
             .example = {.inputs = {{{4}, {1, 2, 3, 4}}}, .outputs = {{{2}, {1, 2}}, {{2}, {3, 4}}}}},
};

}  // namespace tandem::layers
