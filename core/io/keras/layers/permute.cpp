#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  appendNamed(describer, layer).config["dims"] = integers(layer, "order");
  return success();
}

Status read(Converter& converter, KerasLayer&, ConfigReader& config) {
  converter.append("permute", {{"order", config.sizes("dims")}});
  return config.status();
}

}  // namespace

extern const Codec permute;
const Codec permute = {.type = "permute", .write = write, .classes = {{"Permute"}}, .read = read};

}  // namespace tandem::keras::codecs
