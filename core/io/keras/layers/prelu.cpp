#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

// Keras has a slope for each value unless axes share it.
Status write(Describer& describer, const Layer& layer) {
  KerasLayer& keras = appendNamed(describer, layer);
  Weight& alpha = describer.addWeight(layer, "alpha", keras);
  Json shared = Json::array();
  Integers shape(static_cast<std::size_t>(describer.inputShape(layer).rank()), 1);
  for (std::size_t axis = 1; axis < shape.size(); ++axis) shared.push_back(axis);
  shape.back() = alpha.shape[0];
  alpha.shape = Shape(shape);
  keras.config["shared_axes"] = shared.empty() ? Json() : std::move(shared);
  return success();
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader&) {
  converter.append("prelu", {});
  TANDEM_TRY(Converter::requireWeights(layer, 1));
  Weight& alpha = layer.weights[0];
  if (alpha.shape.rank() == 0) return misfit(alpha, layer.name);
  const auto shared = layer.config.find("shared_axes");
  if (shared != layer.config.end() && shared->is_array() &&
      std::ranges::find(*shared, Json(alpha.shape.rank())) != shared->end())
    return Error{ErrorCode::Unsupported,
                 "shares one slope among all channels; Tandem has one for each channel", layer.name,
                 "Set shared_axes to all axes but the last in Keras and save the model again"};
  if (alpha.shape[-1] != alpha.shape.elements())
    return Error{ErrorCode::Unsupported, "has a slope for each position; Tandem has one for each channel",
                 layer.name, "Set shared_axes to all axes but the last in Keras and save the model again"};
  alpha.shape = Shape{alpha.shape[-1]};
  converter.addWeight("alpha", std::move(alpha));
  return success();
}

}  // namespace

extern const Codec prelu;
const Codec prelu = {.type = "prelu", .write = write, .classes = {{"PReLU", true}}, .read = read};

}  // namespace tandem::keras::codecs
