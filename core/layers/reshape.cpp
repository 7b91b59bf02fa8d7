#include "core/ops/reshape.h"
#include "core/layers/sequence.h"

namespace tandem::layers {

extern const LayerDef reshape;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  const auto shape = integersOf(reshape.properties, properties, "shape");
  if (shape.empty())
    return invalid("Shape needs at least one number", {}, "Write height, width, channels for an image");
  TANDEM_ASSIGN(const ValueId x, masked(context, inputs[0]));
  return context.op(ops::reshape, {{"shape", shape}}, {x});
}

}  // namespace

const LayerDef reshape = {
    .type = "reshape",
    .label = "Reshape",
    .category = "Shape",
    .summary =
        "The same values in another shape, such as an image from a vector. Of sequences that differ in length, what "
        "follows the end becomes 0.",
    .names = {.keras = "Reshape", .pytorch = "Unflatten"},
    .properties =
        {{.key = "shape",
          .label = "Shape",
          .kind = PropertyKind::Integers,
          .fallback = std::vector<std::int64_t>{7, 7, 16},
          .tooltip =
              "Height, width, channels of an image, or one number for a vector; the last dimension varies fastest",
          .minimum = 1,
          .maximum = 1e9}},
    .range = RangeRule::Kept,
    .fixesSize = true,
    .lower = lower,
    .help = {.formula = "the same values, the last dimension varying fastest",
             .shapes = "any shape -> another one of as many values",
             .example = {.inputs = {{{4}, {1, 2, 3, 4}}},
                         .properties = {{"shape", std::vector<std::int64_t>{2, 2, 1}}},
                         .outputs = {{{2, 2, 1}, {1, 2, 3, 4}}}}},
};

}  // namespace tandem::layers
