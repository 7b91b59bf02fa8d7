#include "core/ops/permute.h"
#include "core/layers/common.h"

namespace tandem::layers {

extern const LayerDef permute;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  const auto order = integersOf(permute.properties, properties, "order");
  TANDEM_ASSIGN(const ValueId y, context.op(ops::permute, {{"order", order}}, {inputs[0]}));
  const ValueId lengths = context.lengths(inputs[0]);
  if (lengths == kNoValue) return y;
  if (order[0] != 1)
    return invalid("cannot move the steps of sequences of different lengths", {},
                   "Let the order begin with 1, or place it after a pooling layer");
  context.setLengths(y, lengths);
  return y;
}

}  // namespace

const LayerDef permute = {
    .type = "permute",
    .label = "Permute",
    .category = "Shape",
    .summary =
        "The dimensions of each sample in another order, such as (features, steps) from (steps, features).",
    .names = {.keras = "Permute", .pytorch = "torch.permute"},
    .properties = {{.key = "order",
                    .label = "Order",
                    .kind = PropertyKind::Integers,
                    .fallback = std::vector<std::int64_t>{2, 1},
                    .tooltip = "The dimensions after the batch, numbered from 1: 2, 1 exchanges the two of a "
                               "sequence; 3, 1, 2 moves the channels of an image to the front",
                    .minimum = 1,
                    .maximum = 5}},
    .range = RangeRule::Kept,
    .fixesSize = true,
    .lower = lower,
    .help = {.formula = "y[i_1, i_2, ...] = x[j_1, j_2, ...], where i_n = j_order(n)",
             .shapes = "the extents in the order stated",
             .example = {.inputs = {{{2, 3}, {1, 2, 3, 4, 5, 6}}},
                         .outputs = {{{3, 2}, {1, 4, 2, 5, 3, 6}}}}},
};

}  // namespace tandem::layers
