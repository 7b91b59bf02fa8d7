// The layers Rescaling and Normalization of Keras inside of a network. Between an input and the first other layer, or at the
// end, they mean something else (core/io/keras/input_scaling.h).
#pragma once

#include <initializer_list>

#include "core/io/keras/input_scaling.h"
#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

// keys: those of lists of numbers, in Keras and in Tandem. equal: Keras requires lists of the same length.
inline Status writeScaling(Describer& describer, const Layer& layer, std::initializer_list<const char*> keys,
                           bool equal) {
  const LayerDef& def = *findLayer(layer.type);
  // A layer that does nothing, before and after it, distinguishes it from the normalization of the data.
  describer.append("Activation", layer.name + "_before").config["activation"] = "linear";
  KerasLayer& keras = appendNamed(describer, layer);
  std::size_t count = 1;
  for (const char* key : keys)
    count = std::max(count, numbersOf(def.properties, layer.properties, key).size());
  for (const char* key : keys) {
    std::vector<double> numbers = numbersOf(def.properties, layer.properties, key);
    if (equal && numbers.size() == 1) numbers.resize(count, numbers.front());
    keras.config[key] = numbers.size() == 1 ? Json(numbers[0]) : Json(numbers);
  }
  describer.append("Activation", layer.name + "_after").config["activation"] = "linear";
  return success();
}

inline Status readScaling(Converter& converter, const KerasLayer& layer, ConfigReader& config,
                          std::initializer_list<const char*> keys) {
  if (converter.scalesData(layer)) return config.status();
  Attrs properties;
  for (const char* key : keys) {
    std::vector<double> numbers = scalingNumbers(layer, key);
    config.require(!numbers.empty(), std::string("has no numbers as its ") + key);
    properties.set(key, std::move(numbers));
  }
  converter.append(converter.type(), std::move(properties));
  return config.status();
}

}  // namespace tandem::keras::codecs
