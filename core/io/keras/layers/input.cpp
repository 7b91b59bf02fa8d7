#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  if (variesInLength(layer) && !readsTokens(layer))
    return Error{
        ErrorCode::Unsupported,
        "reads numbers of samples that differ in length, whose end Keras recognizes only by a value, which "
        "valid steps may also have",
        layer.name, "Train with samples of one length"};
  Json& config = appendNamed(describer, layer).config;
  Json& shape = config["batch_input_shape"] = Json::array({nullptr});
  for (const std::int64_t extent : integers(layer, "shape")) shape.push_back(extent);
  config.erase("trainable");
  if (readsTokens(layer)) config["dtype"] = "int32";
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
