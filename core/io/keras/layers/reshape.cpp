#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  appendNamed(describer, layer).config["target_shape"] = integers(layer, "shape");
  return success();
}

Status read(Converter& converter, KerasLayer&, ConfigReader& config) {
  converter.append("reshape", {{"shape", config.sizes("target_shape")}});
  return config.status();
}

}  // namespace

extern const Codec reshape;
const Codec reshape = {.type = "reshape", .write = write, .classes = {{"Reshape"}}, .read = read};

}  // namespace tandem::keras::codecs
