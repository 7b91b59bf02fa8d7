#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  TANDEM_TRY(writeNorm(describer, layer, "GroupNormalization", true));
  describer.last().config["groups"] = integer(layer, "groups");
  return success();
}

// One channel in each group is an instance norm.
Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  const auto groups = layer.config.find("groups");
  if (groups != layer.config.end() && *groups == -1)
    return readNorm(converter, layer, config, "instance_norm", {});
  return readNorm(converter, layer, config, "group_norm", {{"groups", config.integer("groups", 32)}});
}

}  // namespace

extern const Codec group_norm;
const Codec group_norm = {
    .type = "group_norm", .write = write, .classes = {{"GroupNormalization", true}}, .read = read};

}  // namespace tandem::keras::codecs
