#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  const int rank = describer.inputShape(layer).rank();
  if (rank > 3)
    return Error{ErrorCode::Unsupported, "Keras drops channels only of sequences and images", layer.name,
                 "Use a dropout layer, or remove it: it does nothing in a model that is not trained further"};
  const bool image = rank == 3;
  KerasLayer& keras = describer.append(image ? "SpatialDropout2D" : "SpatialDropout1D", layer.name);
  keras.config.erase("trainable");  // no argument of these classes
  keras.config["rate"] = number(layer, "rate");
  if (image) keras.config["data_format"] = "channels_last";
  return success();
}

Status read(Converter& converter, KerasLayer&, ConfigReader& config) {
  converter.append("spatial_dropout", {{"rate", config.number("rate", 0.5)}});
  return config.status();
}

}  // namespace

extern const Codec spatial_dropout;
const Codec spatial_dropout = {
    .type = "spatial_dropout",
    .write = write,
    .classes = {{"SpatialDropout1D", false, true}, {"SpatialDropout2D", false, true}},
    .read = read};

}  // namespace tandem::keras::codecs
