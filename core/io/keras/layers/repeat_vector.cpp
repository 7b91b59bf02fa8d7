#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  appendNamed(describer, layer).config["n"] = integer(layer, "steps");
  return success();
}

Status read(Converter& converter, KerasLayer&, ConfigReader& config) {
  converter.append("repeat_vector", {{"steps", config.integer("n")}});
  return config.status();
}

}  // namespace

extern const Codec repeat_vector;
const Codec repeat_vector = {
    .type = "repeat_vector", .write = write, .classes = {{"RepeatVector"}}, .read = read};

}  // namespace tandem::keras::codecs
