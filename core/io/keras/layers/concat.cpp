#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  appendNamed(describer, layer).config["axis"] = -1;
  return success();
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  converter.append("concat", {});
  converter.requireLastAxis(layer, config, "joins its inputs");
  return config.status();
}

}  // namespace

extern const Codec concat;
const Codec concat = {.type = "concat", .write = write, .classes = {{"Concatenate"}}, .read = read};

}  // namespace tandem::keras::codecs
