#include "core/io/keras/layers/scaled.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  return writeScaling(describer, layer, {"scale", "offset"}, false);
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  return readScaling(converter, layer, config, {"scale", "offset"});
}

}  // namespace

extern const Codec rescaling;
const Codec rescaling = {.type = "rescaling", .write = write, .classes = {{"Rescaling"}}, .read = read};

}  // namespace tandem::keras::codecs
