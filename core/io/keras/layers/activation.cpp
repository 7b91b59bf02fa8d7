#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  const std::string function = text(layer, "function");
  if (function == "leaky_relu")
    describer.append("LeakyReLU", layer.name).config["negative_slope"] = number(layer, "slope");
  else if (function == "elu")
    describer.append("ELU", layer.name).config["alpha"] = number(layer, "alpha");
  else if (function == "relu6")  // Keras 2 has no function of this name
    describer.append("ReLU", layer.name).config["max_value"] = 6.0;
  else
    describer.append("Activation", layer.name).config["activation"] = activationToKeras(function);
  return success();
}

Status readRelu(Converter& converter, const KerasLayer& layer, ConfigReader& config) {
  const bool limited = layer.config.contains("max_value") && !layer.config["max_value"].is_null();
  const double slope = config.number("negative_slope", 0);
  config.require(!limited || (config.number("max_value", 6) == 6 && slope == 0),
                 "has a max_value other than 6, or one combined with a slope, which Tandem does not support");
  config.require(config.number("threshold", 0) == 0, "has a threshold other than 0");
  converter.appendActivation(limited ? "relu6" : slope == 0 ? "relu" : "leaky_relu", slope);
  return config.status();
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  const std::string& kind = layer.className;
  if (kind == "ReLU") return readRelu(converter, layer, config);
  if (kind == "LeakyReLU") {
    converter.appendActivation("leaky_relu", config.number("negative_slope", config.number("alpha", 0.3)));
  } else if (kind == "ELU") {
    converter.append("activation",
                     {{"function", std::string("elu")}, {"alpha", config.number("alpha", 1.0)}});
  } else if (kind == "Softmax") {
    converter.appendActivation("softmax", 0);
    converter.requireLastAxis(layer, config, "computes the softmax");
  } else {
    const std::string function = config.activation("activation", "linear");
    if (function != "none") converter.appendActivation(function, kKerasLeakySlope);
  }
  return config.status();
}

}  // namespace

extern const Codec activation;
const Codec activation = {.type = "activation",
                          .write = write,
                          .classes = {{"Activation"}, {"ReLU"}, {"LeakyReLU"}, {"ELU"}, {"Softmax"}},
                          .read = read};

}  // namespace tandem::keras::codecs
