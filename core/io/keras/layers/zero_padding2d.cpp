#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  KerasLayer& keras = appendNamed(describer, layer);
  const Integers sides = integers(layer, "pads");
  keras.config["padding"] = Json::array({{sides[0], sides[1]}, {sides[2], sides[3]}});
  keras.config["data_format"] = "channels_last";
  return success();
}

Status read(Converter& converter, KerasLayer&, ConfigReader& config) {
  const auto sides = config.pads("padding");
  converter.append("zero_padding2d", {{"pads", Integers(sides.begin(), sides.end())}});
  return config.status();
}

}  // namespace

extern const Codec zero_padding2d;
const Codec zero_padding2d = {
    .type = "zero_padding2d", .write = write, .classes = {{"ZeroPadding2D"}}, .read = read};

}  // namespace tandem::keras::codecs
