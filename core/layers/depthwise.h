// Convolution of each channel by itself, which depthwise and separable convolutions begin with.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/layers/common.h"
#include "core/ops/conv2d.h"

namespace tandem::layers {

inline Property multiplierProperty() {
  return {.key = "multiplier",
          .label = "Multiplier",
          .kind = PropertyKind::Integer,
          .fallback = std::int64_t{1},
          .tooltip = "Number of filters for each channel",
          .minimum = 1,
          .maximum = 1024};
}

// Properties: multiplier, kernel, stride, padding (valid or same), dilation, initializer, l1, l2.
inline Result<ValueId> depthwise(LowerContext& context, const LayerDef& def, const Attrs& properties,
                                 std::string_view weight, ValueId x) {
  TANDEM_TRY(requireImage(context, x));
  const std::int64_t channels = context.shape(x)[3];
  const std::int64_t multiplier = integerOf(def.properties, properties, "multiplier");
  const auto kernel = integersOf(def.properties, properties, "kernel");
  const Shape shape{channels * multiplier, kernel[0], kernel[1], 1};
  TANDEM_TRY(LowerContext::checkSize(shape));
  const std::int64_t window = kernel[0] * kernel[1];
  const ValueId weights = context.parameter(weight, shape, textOf(def.properties, properties, "initializer"),
                                            window, window * channels * multiplier, true);
  penalizeKernel(context, def, properties);
  Attrs attrs{{"stride", integersOf(def.properties, properties, "stride")},
              {"dilation", integersOf(def.properties, properties, "dilation")},
              {"groups", channels},
              {"padding", textOf(def.properties, properties, "padding")}};
  return context.op(ops::conv2d, std::move(attrs), {x, weights});
}

inline std::vector<Property> depthwiseProperties() {
  return {pairProperty("kernel", "Kernel", 3, "Height and width of each filter", 1024),
          pairProperty("stride", "Stride", 1, "Step between positions: 2 halves the image", 1024),
          borderProperty("valid: none, the image shrinks; same: the output has ceil(input / stride) pixels",
                         {"valid", "same"}, "valid"),
          pairProperty("dilation", "Dilation", 1, "Spacing of the pixels that a filter reads", 1024),
          multiplierProperty(),
          activationProperty(),
          biasProperty(),
          initializerProperty(),
          l1Property(),
          l2Property()};
}

}  // namespace tandem::layers
