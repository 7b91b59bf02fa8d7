#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  return writeNorm(describer, layer, "LayerNormalization", true);
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  return readNorm(converter, layer, config, "layer_norm", {});
}

}  // namespace

extern const Codec layer_norm;
const Codec layer_norm = {
    .type = "layer_norm", .write = write, .classes = {{"LayerNormalization", true}}, .read = read};

}  // namespace tandem::keras::codecs
