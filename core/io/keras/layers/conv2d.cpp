#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  const Integers kernel = integers(layer, "kernel"), stride = integers(layer, "stride"),
                 dilation = integers(layer, "dilation");
  if (std::ranges::max(stride) > 1 && std::ranges::max(dilation) > 1) return strideAndDilation(layer, "1, 1");
  writePads(describer, layer);
  const std::int64_t channels = describer.inputShape(layer)[2], filters = integer(layer, "filters"),
                     groups = integer(layer, "groups");
  // On a CPU, TensorFlow supports depthwise convolutions (with equal strides) but not grouped ones.
  const bool depthwise = groups > 1 && groups == channels && stride[0] == stride[1];
  KerasLayer& keras = describer.append(depthwise ? "DepthwiseConv2D" : "Conv2D", layer.name);
  if (depthwise) {
    keras.config["depth_multiplier"] = filters / channels;
  } else {
    keras.config["filters"] = filters;
    keras.config["groups"] = groups;
  }
  keras.config["kernel_size"] = kernel;
  keras.config["strides"] = stride;
  keras.config["padding"] = text(layer, "padding") == "same" ? "same" : "valid";
  keras.config["data_format"] = "channels_last";
  keras.config["dilation_rate"] = dilation;
  Weight& weight = describer.addWeight(layer, "kernel", keras);
  writeKernel(weight, filters,
              depthwise ? Shape{kernel[0], kernel[1], channels, filters / channels}
                        : Shape{kernel[0], kernel[1], channels / groups, filters});
  if (depthwise) weight.suffix = "depthwise_kernel";
  finishActivated(describer, layer, depthwise ? "depthwise" : "kernel");
  return success();
}

Status readDepthwise(Converter& converter, KerasLayer& layer, ConfigReader& config, bool bias,
                     Attrs properties) {
  TANDEM_TRY(Converter::requireWeights(layer, bias ? 2 : 1));
  Weight& kernel = layer.weights[0];
  if (kernel.shape.rank() != 4 || kernel.shape.elements() == 0) return misfit(kernel, layer.name);
  const Shape given = kernel.shape;  // (H, W, C, M)
  properties.set("filters", given[2] * given[3]);
  properties.set("groups", given[2]);
  converter.appendActivated("conv2d", std::move(properties), config.activation("activation", "linear"));
  TANDEM_TRY(config.status());
  writeKernel(kernel, given[0] * given[1], Shape{given[2] * given[3], given[0], given[1], 1});
  converter.addWeight("kernel", std::move(kernel));
  if (bias) converter.addWeight("bias", std::move(layer.weights[1]));
  return success();
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  const bool bias = config.boolean("use_bias", true), depthwise = layer.className == "DepthwiseConv2D";
  Attrs properties = activatedProperties(config, bias, depthwise ? "depthwise" : "kernel");
  properties.set("kernel", config.pair("kernel_size", std::nullopt));
  properties.set("stride", config.pair("strides", Integers{1, 1}));
  properties.set("dilation", config.pair("dilation_rate", Integers{1, 1}));
  TANDEM_TRY(readPads(converter, layer, config, properties));
  if (depthwise) return readDepthwise(converter, layer, config, bias, std::move(properties));
  properties.set("filters", config.integer("filters"));
  properties.set("groups", config.integer("groups", 1));
  converter.appendActivated("conv2d", std::move(properties), config.activation("activation", "linear"));
  TANDEM_TRY(config.status());
  return readKernel(converter, layer, bias, 4);
}

}  // namespace

extern const Codec conv2d;
const Codec conv2d = {
    .type = "conv2d", .write = write, .classes = {{"Conv2D", true}, {"DepthwiseConv2D", true}}, .read = read};

}  // namespace tandem::keras::codecs
