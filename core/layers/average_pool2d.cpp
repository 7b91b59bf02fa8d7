#include "core/layers/common.h"
#include "core/ops/pool2d.h"

namespace tandem::layers {

extern const LayerDef average_pool2d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  TANDEM_TRY(requireImage(context, inputs[0]));
  Attrs attrs{{"mode", std::string("average")},
              {"window", integersOf(average_pool2d, properties, "window")},
              {"stride", integersOf(average_pool2d, properties, "stride")}};
  TANDEM_TRY(setPadding(average_pool2d, properties, attrs));
  return context.op(ops::pool2d, std::move(attrs), {inputs[0]});
}

}  // namespace

const LayerDef average_pool2d = {
    .type = "average_pool2d",
    .label = "Average pooling 2D",
    .category = "Pooling",
    .summary = "Shrinks an image: each small area becomes its mean.",
    .properties = {pairProperty("window", "Window", 2, "Height and width of the area that becomes one pixel",
                                1024),
                   pairProperty("stride", "Stride", 2, "Steps between areas; usually the window's size",
                                1024),
                   paddingProperty("valid"), padsProperty()},
    .lower = lower,
    .keras = "AveragePooling2D",
};

}  // namespace tandem::layers
