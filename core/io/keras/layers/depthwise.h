// What the codecs of depthwise and separable convolutions share.
#pragma once

#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

// Appends the layer with what it has but filters, bias and activation.
inline Result<KerasLayer*> writeDepthwise(Describer& describer, const Layer& layer, std::string_view weight) {
  const Integers kernel = integers(layer, "kernel"), stride = integers(layer, "stride"),
                 dilation = integers(layer, "dilation");
  if (std::ranges::max(stride) > 1 && std::ranges::max(dilation) > 1) return strideAndDilation(layer, "1, 1");
  if (stride[0] != stride[1])
    return Error{ErrorCode::Unsupported,
                 "Keras does not support different strides in a depthwise convolution", layer.name,
                 "Set both to the same number"};
  const std::int64_t channels = describer.inputShape(layer)[2], multiplier = integer(layer, "multiplier");
  KerasLayer& keras = appendNamed(describer, layer);
  keras.config["depth_multiplier"] = multiplier;
  keras.config["kernel_size"] = kernel;
  keras.config["strides"] = stride;
  keras.config["padding"] = text(layer, "padding");
  keras.config["data_format"] = "channels_last";
  keras.config["dilation_rate"] = dilation;
  Weight& own = describer.addWeight(layer, weight, keras);
  writeKernel(own, channels * multiplier, Shape{kernel[0], kernel[1], channels, multiplier});
  own.suffix = "depthwise_kernel";
  return &keras;
}

}  // namespace tandem::keras::codecs
