#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  appendNamed(describer, layer).config["stddev"] = number(layer, "deviation");
  return success();
}

Status read(Converter& converter, KerasLayer&, ConfigReader& config) {
  converter.append("gaussian_noise", {{"deviation", config.number("stddev", 0)}});
  return config.status();
}

}  // namespace

extern const Codec gaussian_noise;
const Codec gaussian_noise = {
    .type = "gaussian_noise", .write = write, .classes = {{"GaussianNoise", false, true}}, .read = read};

}  // namespace tandem::keras::codecs
