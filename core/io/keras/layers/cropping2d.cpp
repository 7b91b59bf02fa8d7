#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  KerasLayer& keras = appendNamed(describer, layer);
  const Integers sides = integers(layer, "cuts");
  keras.config["cropping"] = Json::array({{sides[0], sides[1]}, {sides[2], sides[3]}});
  keras.config["data_format"] = "channels_last";
  return success();
}

Status read(Converter& converter, KerasLayer&, ConfigReader& config) {
  const auto sides = config.pads("cropping");
  converter.append("cropping2d", {{"cuts", Integers(sides.begin(), sides.end())}});
  return config.status();
}

}  // namespace

extern const Codec cropping2d;
const Codec cropping2d = {.type = "cropping2d", .write = write, .classes = {{"Cropping2D"}}, .read = read};

}  // namespace tandem::keras::codecs
