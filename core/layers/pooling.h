// Lowering of the pooling layers, which differ only in how they reduce a window.
#pragma once

#include "core/layers/common.h"
#include "core/ops/pool2d.h"

namespace tandem::layers {

// mode: "max" or "average", as in ops/pool2d.h. The layer has the properties of poolingProperties().
inline Result<ValueId> lowerPooling(LowerContext& context, const LayerDef& def, const Attrs& properties,
                                    std::string_view mode, ValueId input) {
  TANDEM_TRY(requireImage(context, input));
  Attrs attrs{{"mode", std::string(mode)},
              {"window", integersOf(def.properties, properties, "window")},
              {"stride", integersOf(def.properties, properties, "stride")}};
  TANDEM_TRY(setPadding(def, properties, attrs));
  return context.op(ops::pool2d, std::move(attrs), {input});
}

inline std::vector<Property> poolingProperties() {
  return {pairProperty("window", "Window", 2, "Height and width of the window that becomes one pixel", 1024),
          pairProperty("stride", "Stride", 2, "Step between windows; usually the window size", 1024),
          paddingProperty("valid"), padsProperty()};
}

// (N, H, W, C) -> (N, C)
inline Result<ValueId> lowerGlobalPooling(LowerContext& context, std::string_view mode, ValueId input) {
  TANDEM_TRY(requireImage(context, input));
  TANDEM_ASSIGN(const ValueId y,
                context.op(ops::pool2d, {{"mode", std::string(mode)}, {"global", std::int64_t{1}}}, {input}));
  return flattened(context, y);  // from (N, 1, 1, C)
}

}  // namespace tandem::layers
