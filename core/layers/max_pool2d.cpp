#include "core/layers/common.h"
#include "core/ops/pool2d.h"

namespace tandem::layers {

extern const LayerDef max_pool2d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  TANDEM_TRY(requireImage(context, inputs[0]));
  Attrs attrs{{"mode", std::string("max")},
              {"window", integersOf(max_pool2d, properties, "window")},
              {"stride", integersOf(max_pool2d, properties, "stride")}};
  TANDEM_TRY(setPadding(max_pool2d, properties, attrs));
  return context.op(ops::pool2d, std::move(attrs), {inputs[0]});
}

}  // namespace

const LayerDef max_pool2d = {
    .type = "max_pool2d",
    .label = "Max pooling 2D",
    .category = "Pooling",
    .summary = "Shrinks an image: of each small area only the largest value stays.",
    .properties = {pairProperty("window", "Window", 2, "Height and width of the area that becomes one pixel",
                                1024),
                   pairProperty("stride", "Stride", 2, "Steps between areas; usually the window's size",
                                1024),
                   paddingProperty("valid"), padsProperty()},
    .lower = lower,
    .keras = "MaxPooling2D",
};

}  // namespace tandem::layers
