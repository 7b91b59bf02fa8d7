#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  TANDEM_TRY(writeNorm(describer, layer, "BatchNormalization", true));
  KerasLayer& keras = describer.last();
  keras.config["momentum"] = number(layer, "momentum");
  describer.addWeight(layer, "moving_mean", keras);
  describer.addWeight(layer, "moving_variance", keras);
  return success();
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  const bool center = config.boolean("center", true), scale = config.boolean("scale", true);
  config.require(!config.boolean("renorm", false),
                 "uses batch renormalization, which Tandem does not support");
  converter.append("batch_norm", {{"momentum", config.number("momentum", 0.99)},
                                  {"epsilon", config.number("epsilon", 1e-3)}});
  converter.requireLastAxis(layer, config, "normalizes");
  TANDEM_TRY(config.status());
  return readScaleAndShift(converter, layer, scale, center, {"moving_mean", "moving_variance"});
}

}  // namespace

extern const Codec batch_norm;
const Codec batch_norm = {
    .type = "batch_norm", .write = write, .classes = {{"BatchNormalization", true, true}}, .read = read};

}  // namespace tandem::keras::codecs
