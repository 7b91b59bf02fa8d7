#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  if (readsTokens(layer) || variesInLength(layer))
    return Error{ErrorCode::Unsupported,
                 "an input of tokens or of samples that differ in length cannot be exported to Keras",
                 layer.name,
                 {}};
  Json& config = appendNamed(describer, layer).config;
  Json& shape = config["batch_input_shape"] = Json::array({nullptr});
  for (const std::int64_t extent : integers(layer, "shape")) shape.push_back(extent);
  config.erase("trainable");
  config["sparse"] = false;
  config["ragged"] = false;
  return success();
}

Status read(Converter& converter, KerasLayer&, ConfigReader& config) {
  converter.appendInput({{"shape", config.inputShape()}});
  return config.status();
}

}  // namespace

extern const Codec input;
const Codec input = {.type = "input", .write = write, .classes = {{"InputLayer"}}, .read = read};

}  // namespace tandem::keras::codecs
