#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  KerasLayer& keras = appendNamed(describer, layer);
  keras.config["units"] = integer(layer, "units");
  describer.addWeight(layer, "kernel", keras);
  finishActivated(describer, layer);
  return success();
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  const bool bias = config.boolean("use_bias", true);
  Attrs properties = activatedProperties(config, bias);
  properties.set("units", config.integer("units"));
  converter.appendActivated("dense", std::move(properties), config.activation("activation", "linear"));
  TANDEM_TRY(config.status());
  TANDEM_TRY(Converter::requireWeights(layer, bias ? 2 : 1));
  converter.addWeight("kernel", std::move(layer.weights[0]));
  if (bias) converter.addWeight("bias", std::move(layer.weights[1]));
  return success();
}

}  // namespace

extern const Codec dense;
const Codec dense = {.type = "dense", .write = write, .classes = {{"Dense", true}}, .read = read};

}  // namespace tandem::keras::codecs
