#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  if (integer(layer, "stride") > 1 && integer(layer, "dilation") > 1) return strideAndDilation(layer, "1");
  const std::int64_t kernel = integer(layer, "kernel"), features = describer.inputShape(layer)[1],
                     filters = integer(layer, "filters");
  KerasLayer& keras = appendNamed(describer, layer);
  keras.config["filters"] = filters;
  keras.config["kernel_size"] = Json::array({kernel});
  keras.config["strides"] = Json::array({integer(layer, "stride")});
  keras.config["padding"] = text(layer, "padding");
  keras.config["data_format"] = "channels_last";
  keras.config["dilation_rate"] = Json::array({integer(layer, "dilation")});
  writeKernel(describer.addWeight(layer, "kernel", keras), filters, Shape{kernel, features, filters});
  finishActivated(describer, layer);
  return success();
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  const bool bias = config.boolean("use_bias", true);
  Attrs properties = activatedProperties(config, bias);
  properties.set("filters", config.integer("filters"));
  properties.set("kernel", config.single("kernel_size", std::nullopt));
  properties.set("stride", config.single("strides", 1));
  properties.set("dilation", config.single("dilation_rate", 1));
  properties.set("padding", config.text("padding", "valid"));
  config.require(config.integer("groups", 1) == 1, "uses a grouped Conv1D, which Tandem does not support");
  converter.appendActivated("conv1d", std::move(properties), config.activation("activation", "linear"));
  TANDEM_TRY(config.status());
  return readKernel(converter, layer, bias, 3);
}

}  // namespace

extern const Codec conv1d;
const Codec conv1d = {.type = "conv1d", .write = write, .classes = {{"Conv1D", true}}, .read = read};

}  // namespace tandem::keras::codecs
