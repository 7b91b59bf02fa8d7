#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  TANDEM_TRY(writeNorm(describer, layer, "RMSNormalization", false));
  describer.last().weights.back().suffix = "scale";
  return success();
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  converter.append("rms_norm", {{"epsilon", config.number("epsilon", 1e-6)}});
  converter.requireLastAxis(layer, config, "normalizes");
  TANDEM_TRY(config.status());
  TANDEM_TRY(Converter::requireWeights(layer, 1));
  converter.addWeight("gamma", std::move(layer.weights[0]));
  return success();
}

}  // namespace

extern const Codec rms_norm;
const Codec rms_norm = {
    .type = "rms_norm", .write = write, .classes = {{"RMSNormalization", true}}, .read = read};

}  // namespace tandem::keras::codecs
