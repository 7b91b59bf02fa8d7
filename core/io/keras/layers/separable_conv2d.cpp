#include "core/io/keras/layers/depthwise.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  const std::int64_t filters = integer(layer, "filters"),
                     channels = describer.inputShape(layer)[2] * integer(layer, "multiplier");
  TANDEM_ASSIGN(KerasLayer* const keras, writeDepthwise(describer, layer, "depthwise_kernel"));
  keras->config["filters"] = filters;
  keras->config["depthwise_initializer"] = text(layer, "initializer");
  writePenalties(layer, "depthwise", keras->config);
  writeKernel(describer.addWeight(layer, "pointwise_kernel", *keras), filters,
              Shape{1, 1, channels, filters});
  finishActivated(describer, layer, "pointwise");
  return success();
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  const bool bias = config.boolean("use_bias", true);
  Attrs properties = activatedProperties(config, bias, "pointwise");
  properties.set("filters", config.integer("filters"));
  properties.set("multiplier", config.integer("depth_multiplier", 1));
  properties.set("kernel", config.pair("kernel_size", std::nullopt));
  properties.set("stride", config.pair("strides", Integers{1, 1}));
  properties.set("dilation", config.pair("dilation_rate", Integers{1, 1}));
  properties.set("padding", config.text("padding", "valid"));
  converter.appendActivated("separable_conv2d", std::move(properties),
                            config.activation("activation", "linear"));
  TANDEM_TRY(config.status());
  TANDEM_TRY(Converter::requireWeights(layer, bias ? 3 : 2));
  Weight &depthwise = layer.weights[0], &pointwise = layer.weights[1];
  for (const Weight* kernel : {&depthwise, &pointwise})
    if (kernel->shape.rank() != 4 || kernel->shape.elements() == 0) return misfit(*kernel, layer.name);
  const Shape own = depthwise.shape, mixed = pointwise.shape;  // (H, W, C, M), (1, 1, C * M, F)
  writeKernel(depthwise, own[0] * own[1], Shape{own[2] * own[3], own[0], own[1], 1});
  writeKernel(pointwise, mixed[0] * mixed[1] * mixed[2], Shape{mixed[3], mixed[0], mixed[1], mixed[2]});
  converter.addWeight("depthwise_kernel", std::move(depthwise));
  converter.addWeight("pointwise_kernel", std::move(pointwise));
  if (bias) converter.addWeight("bias", std::move(layer.weights[2]));
  return success();
}

}  // namespace

extern const Codec separable_conv2d;
const Codec separable_conv2d = {
    .type = "separable_conv2d", .write = write, .classes = {{"SeparableConv2D", true}}, .read = read};

}  // namespace tandem::keras::codecs
