#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  appendNamed(describer, layer).config["rate"] = number(layer, "rate");
  return success();
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  converter.append("dropout", {{"rate", config.number("rate", 0.5)}});
  const auto shape = layer.config.find("noise_shape");
  if (shape != layer.config.end() && !shape->is_null())
    converter.note(
        "drops each value by itself when it is trained further, without regard to its noise_shape");
  return config.status();
}

}  // namespace

extern const Codec dropout;
const Codec dropout = {
    .type = "dropout", .write = write, .classes = {{"Dropout", false, true}}, .read = read};

}  // namespace tandem::keras::codecs
