#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  appendNamed(describer, layer).config["rate"] = number(layer, "rate");
  return success();
}

Status read(Converter& converter, KerasLayer&, ConfigReader& config) {
  converter.append("dropout", {{"rate", config.number("rate", 0.5)}});
  return config.status();
}

}  // namespace

extern const Codec dropout;
const Codec dropout = {
    .type = "dropout", .write = write, .classes = {{"Dropout", false, true}}, .read = read};

}  // namespace tandem::keras::codecs
