#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  KerasLayer& keras = appendNamed(describer, layer);
  keras.config["size"] = integers(layer, "size");
  keras.config["interpolation"] = text(layer, "interpolation");
  keras.config["data_format"] = "channels_last";
  return success();
}

Status read(Converter& converter, KerasLayer&, ConfigReader& config) {
  converter.append("upsampling2d", {{"size", config.pair("size", Integers{2, 2})},
                                    {"interpolation", config.text("interpolation", "nearest")}});
  return config.status();
}

}  // namespace

extern const Codec upsampling2d;
const Codec upsampling2d = {
    .type = "upsampling2d", .write = write, .classes = {{"UpSampling2D"}}, .read = read};

}  // namespace tandem::keras::codecs
