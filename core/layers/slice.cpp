#include "core/ops/slice.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/layers/common.h"

namespace tandem::layers {

extern const LayerDef slice;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  const auto number = [&](std::string_view key) { return integerOf(slice.properties, properties, key); };
  const Shape shape = context.shape(inputs[0]);
  const std::int64_t axis = number("axis"), start = number("start");
  if (axis >= shape.rank())
    return invalid(fmt::format("takes a part of dimension {}, but its input is {}", axis,
                               sampleText(context, inputs[0])),
                   {}, fmt::format("Choose a dimension from 1 to {}", shape.rank() - 1));
  const std::int64_t all = shape[static_cast<int>(axis)],
                     size = number("size") == 0 ? all - start : number("size");
  if (size < 1 || start > all - size)
    return invalid(fmt::format("takes {} from {} on, but dimension {} has {}",
                               std::max<std::int64_t>(size, 1), start, axis, all),
                   {}, "Choose a smaller start or size");
  const ValueId lengths = context.lengths(inputs[0]);
  if (lengths != kNoValue && axis == 1 && size < all)
    return invalid("cannot take a part of the steps of sequences of different lengths", {},
                   "Slice the features, or use sequences of one length");
  TANDEM_ASSIGN(const ValueId y,
                context.op(ops::slice, {{"axis", axis}, {"begin", start}, {"extent", size}}, {inputs[0]}));
  context.setLengths(y, lengths);
  return y;
}

Property numberOfPlaces(std::string_view key, std::string_view label, std::int64_t fallback, double minimum,
                        double maximum, std::string_view tooltip, std::string_view zeroText = {}) {
  return {.key = key,
          .label = label,
          .kind = PropertyKind::Integer,
          .fallback = fallback,
          .tooltip = tooltip,
          .minimum = minimum,
          .maximum = maximum,
          .zeroText = zeroText};
}

}  // namespace

const LayerDef slice = {
    .type = "slice",
    .label = "Slice",
    .category = "Shape",
    .summary = "A part of its input along one dimension, such as some of the steps or of the features.",
    .names = {.pytorch = "torch.narrow"},
    .properties = {numberOfPlaces(
                       "axis", "Dimension", 1, 1, 5,
                       "The dimension after the batch, from 1: of a sequence, 1 are the steps and 2 the "
                       "features"),
                   numberOfPlaces("start", "Start", 0, 0, 1e9, "The first place that is taken, from 0"),
                   numberOfPlaces("size", "Size", 1, 0, 1e9, "Number of places that are taken",
                                  "all that follow")},
    .range = RangeRule::Kept,
    .fixesSize = true,
    .lower = lower,
    .help = {.formula = "y[i] = x[start + i], along the dimension",
             .shapes = "the extent of the dimension becomes the size",
             .example = {.inputs = {{{3, 1}, {1, 2, 3}}},
                         .properties = {{"start", std::int64_t{1}}, {"size", std::int64_t{2}}},
                         .outputs = {{{2, 1}, {2, 3}}}}},
};

}  // namespace tandem::layers
