#include <fmt/format.h>

#include "core/layers/common.h"
#include "core/ops/slice.h"

namespace tandem::layers {

extern const LayerDef cropping2d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  TANDEM_TRY(requireImage(context, inputs[0]));
  TANDEM_ASSIGN(const auto cuts, sidesOf(cropping2d, properties, "cuts"));
  ValueId y = inputs[0];
  for (std::int64_t axis = 1; axis <= 2; ++axis) {
    const auto at = static_cast<std::size_t>(2 * (axis - 1));
    const std::int64_t before = context.shape(y)[static_cast<int>(axis)],
                       extent = before - cuts[at] - cuts[at + 1];
    if (extent < 1)
      return invalid(
          fmt::format("removes {} of {} {}", cuts[at] + cuts[at + 1], before, axis == 1 ? "rows" : "columns"),
          {}, "At least one must remain");
    if (extent == before) continue;
    TANDEM_ASSIGN(y, context.op(ops::slice, {{"axis", axis}, {"begin", cuts[at]}, {"extent", extent}}, {y}));
  }
  return y;
}

}  // namespace

const LayerDef cropping2d = {
    .type = "cropping2d",
    .label = "Cropping 2D",
    .category = "Shape",
    .summary = "Removes the border of an image.",
    .names = {.keras = "Cropping2D"},
    .properties = {sidesProperty("cuts", "Cuts", "Pixels removed at top, bottom, left, right", {1, 1, 1, 1})},
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "y[i, j] = x[i + top, j + left]",
             .shapes = "(height, width, channels) -> (height - top - bottom, width - left - right, channels)",
             .example = {.inputs = {{{2, 2, 1}, {1, 2, 3, 4}}},
                         .properties = {{"cuts", std::vector<std::int64_t>{1, 0, 0, 1}}},
                         .outputs = {{{1, 1, 1}, {3}}}}},
};

}  // namespace tandem::layers
