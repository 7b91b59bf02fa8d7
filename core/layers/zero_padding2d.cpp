#include "core/layers/common.h"
#include "core/ops/zero_pad.h"

namespace tandem::layers {

extern const LayerDef zero_padding2d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  TANDEM_TRY(requireImage(context, inputs[0]));
  TANDEM_ASSIGN(const auto pads, sidesOf(zero_padding2d, properties, "pads"));
  ValueId y = inputs[0];
  for (std::int64_t axis = 1; axis <= 2; ++axis) {
    const auto at = static_cast<std::size_t>(2 * (axis - 1));
    if (pads[at] + pads[at + 1] == 0) continue;
    TANDEM_ASSIGN(
        y, context.op(ops::zero_pad, {{"axis", axis}, {"before", pads[at]}, {"after", pads[at + 1]}}, {y}));
  }
  return y;
}

}  // namespace

const LayerDef zero_padding2d = {
    .type = "zero_padding2d",
    .label = "Zero padding 2D",
    .category = "Shape",
    .summary =
        "Adds a border of zeros to an image; convolution and pooling layers have their own padding property.",
    .names = {.keras = "ZeroPadding2D", .pytorch = "ZeroPad2d"},
    .properties = {sidesProperty("pads", "Pads", "Pixels added at top, bottom, left, right", {1, 1, 1, 1})},
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "y[i, j] = x[i - top, j - left] inside the image, else 0",
             .shapes = "(height, width, channels) -> (height + top + bottom, width + left + right, channels)",
             .example = {.inputs = {{{1, 1, 1}, {5}}},
                         .properties = {{"pads", std::vector<std::int64_t>{0, 0, 1, 1}}},
                         .outputs = {{{1, 3, 1}, {0, 5, 0}}}}},
};

}  // namespace tandem::layers
