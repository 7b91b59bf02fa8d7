#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

// 0 is the padding, and no other token is.
Status write(Describer& describer, const Layer& layer) {
  KerasLayer& keras = appendNamed(describer, layer);
  keras.config["input_dim"] = integer(layer, "vocabulary");
  keras.config["output_dim"] = integer(layer, "units");
  keras.config["embeddings_initializer"] = "uniform";
  keras.config["mask_zero"] = describer.readsVarying(layer);
  describer.addWeight(layer, "embeddings", keras);
  return success();
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  const bool varies = config.boolean("mask_zero", false);
  converter.append("embedding",
                   {{"vocabulary", config.integer("input_dim")}, {"units", config.integer("output_dim")}});
  TANDEM_TRY(config.status());
  TANDEM_TRY(converter.readTokens(layer, varies));
  TANDEM_TRY(Converter::requireWeights(layer, 1));
  converter.addWeight("embeddings", std::move(layer.weights[0]));
  return success();
}

}  // namespace

extern const Codec embedding;
const Codec embedding = {.type = "embedding", .write = write, .classes = {{"Embedding", true}}, .read = read};

}  // namespace tandem::keras::codecs
