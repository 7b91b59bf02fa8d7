#include "core/io/keras/layers/recurrent.h"

namespace tandem::keras::codecs {
namespace {

// The settings, of the wrapped layer and its counterpart, that must be equal: their weights and names differ.
bool alike(const Json& forward, const Json& backward) {
  for (const char* key :
       {"units", "activation", "recurrent_activation", "use_bias", "return_sequences", "reset_after"})
    if (forward.value(key, Json()) != backward.value(key, Json())) return false;
  return true;
}

// {"class_name": "LSTM", "config": {...}}
bool isLayer(const Json& json) {
  return json.is_object() && json.contains("config") && json["config"].is_object();
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  config.require(config.text("merge_mode", "concat") == "concat",
                 "does not join its two directions (merge_mode), which Tandem does not support");
  TANDEM_TRY(config.status());
  const Json inner = layer.config.value("layer", Json()),
             other = layer.config.value("backward_layer", Json());
  if (!isLayer(inner) || !(other.is_null() || isLayer(other)))
    return invalid("does not describe the layer that it wraps", layer.name,
                   "The model was saved by an unsupported program; save it with Keras 2 or 3");
  const std::string wrapped = textAt(inner, "class_name");
  const Codec* const codec = findReader(wrapped).codec;
  const bool recurrent = codec && codec->read == readDirection;
  if (!recurrent)
    return Error{ErrorCode::Unsupported, "wraps a layer of the class " + inQuotes(wrapped), layer.name,
                 "Tandem supports SimpleRNN, LSTM and GRU in both directions"};
  KerasLayer forward{wrapped, layer.name, inner["config"], {}, std::move(layer.weights)};
  ConfigReader settings(forward);
  settings.require(!settings.boolean("go_backwards", false),
                   "wraps a layer with go_backwards, which Tandem does not support");
  if (!other.is_null())
    settings.require(textAt(other, "class_name") == wrapped && alike(forward.config, other["config"]),
                     "has a backward layer with other settings, which Tandem does not support");
  return readRecurrent(converter, codec->type, forward, settings, {{"direction", std::string("both")}});
}

}  // namespace

extern const Codec bidirectional;
const Codec bidirectional = {.classes = {{"Bidirectional", true, true}}, .read = read};

}  // namespace tandem::keras::codecs
