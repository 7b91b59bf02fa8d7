#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  const Integers kernel = integers(layer, "kernel");
  const std::int64_t channels = describer.inputShape(layer)[2], filters = integer(layer, "filters");
  KerasLayer& keras = appendNamed(describer, layer);
  keras.config["filters"] = filters;
  keras.config["kernel_size"] = kernel;
  keras.config["strides"] = integers(layer, "stride");
  keras.config["padding"] = text(layer, "padding");
  keras.config["data_format"] = "channels_last";
  writeKernel(describer.addWeight(layer, "kernel", keras), channels,
              Shape{kernel[0], kernel[1], filters, channels});
  finishActivated(describer, layer);
  return success();
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  const bool bias = config.boolean("use_bias", true);
  Attrs properties = activatedProperties(config, bias);
  properties.set("filters", config.integer("filters"));
  properties.set("kernel", config.pair("kernel_size", std::nullopt));
  properties.set("stride", config.pair("strides", Integers{1, 1}));
  properties.set("padding", config.text("padding", "valid"));
  const auto extra = layer.config.find("output_padding");
  config.require(extra == layer.config.end() || extra->is_null(),
                 "sets output_padding, which Tandem does not support");
  config.require(std::ranges::max(config.pair("dilation_rate", Integers{1, 1})) == 1,
                 "dilates a transposed convolution, which Tandem does not support");
  config.require(config.integer("groups", 1) == 1,
                 "groups the channels of a transposed convolution, which Tandem does not support");
  converter.appendActivated("conv2d_transpose", std::move(properties),
                            config.activation("activation", "linear"));
  TANDEM_TRY(config.status());
  return readKernel(converter, layer, bias, 4);
}

}  // namespace

extern const Codec conv2d_transpose;
const Codec conv2d_transpose = {
    .type = "conv2d_transpose", .write = write, .classes = {{"Conv2DTranspose", true}}, .read = read};

}  // namespace tandem::keras::codecs
