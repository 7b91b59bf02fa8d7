#include "core/io/keras/layers/recurrent.h"

#include <fmt/format.h>

namespace tandem::keras::codecs {
namespace {

Error unsupported(const Layer& layer, const std::string& message, const std::string& hint) {
  return {ErrorCode::Unsupported, message, layer.name, hint};
}

Status checkForm(const Layer& layer) {
  const bool all = text(layer, "output") == "all", backward = text(layer, "direction") == "backward";
  if (layer.inputs.size() > 1)
    return unsupported(layer, "has initial states as inputs, which Tandem does not export to Keras",
                       "Disconnect them and train again");
  if (integer(layer, "states") != 0)
    return unsupported(layer, "has its last states as outputs, which Tandem does not export to Keras",
                       "Switch them off and train again");
  if (backward && (all || integer(layer, "layers") > 1))
    return unsupported(layer, "reads backward, and Keras returns all steps of such a layer in reverse order",
                       "Use the direction both, or one layer with the last output");
  return success();
}

// (kernel, recurrent kernel, bias) of one direction, in this order.
void addWeights(Describer& describer, const Layer& layer, const std::string& prefix, bool bias,
                KerasLayer& keras) {
  describer.addWeight(layer, prefix + "kernel", keras);
  describer.addWeight(layer, prefix + "recurrent_kernel", keras);
  if (bias) describer.addWeight(layer, prefix + "bias", keras);
}

Json settingsOf(const Layer& layer, bool sequences, const Json& more) {
  Json config = {{"trainable", layer.trainable}, {"dtype", "float32"}};
  config.update(more);
  config["units"] = integer(layer, "units");
  config["return_sequences"] = sequences;
  config["return_state"] = false;
  config["go_backwards"] = text(layer, "direction") == "backward";
  config["stateful"] = false;
  config["unroll"] = false;
  config["use_bias"] = integer(layer, "use_bias") != 0;
  config["kernel_initializer"] = text(layer, "initializer");
  config["recurrent_initializer"] = text(layer, "recurrent_initializer");
  writePenalties(layer, "kernel", config);
  return config;
}

}  // namespace

Status writeRecurrent(Describer& describer, const Layer& layer, const Json& settings) {
  TANDEM_TRY(checkForm(layer));
  const std::string className(findLayer(layer.type)->names.keras);
  const std::int64_t stacked = integer(layer, "layers");
  const bool all = text(layer, "output") == "all", both = text(layer, "direction") == "both",
             bias = integer(layer, "use_bias") != 0;
  for (std::int64_t k = 1; k <= stacked; ++k) {
    const std::string suffix = k > 1 ? fmt::format("_{}", k) : std::string(),
                      prefix = stacked > 1 ? fmt::format("layer_{}_", k) : std::string();
    if (const double rate = number(layer, "dropout"); k > 1 && rate > 0)
      describer.append("Dropout", layer.name + "_dropout" + suffix).config["rate"] = rate;
    Json config = settingsOf(layer, all || k < stacked, settings);
    KerasLayer& keras = describer.append(both ? "Bidirectional" : className, layer.name + suffix);
    if (!both) {
      keras.config = std::move(config);
      addWeights(describer, layer, prefix, bias, keras);
      continue;
    }
    config["name"] = "forward_" + keras.name;
    keras.config["merge_mode"] = "concat";
    keras.config["layer"] = {{"module", "keras.layers"},
                             {"class_name", className},
                             {"config", std::move(config)},
                             {"registered_name", nullptr}};
    addWeights(describer, layer, prefix + "forward_", bias, keras);
    addWeights(describer, layer, prefix + "backward_", bias, keras);
  }
  return success();
}

Status readRecurrent(Converter& converter, std::string_view type, KerasLayer& layer, ConfigReader& config,
                     Attrs properties) {
  const bool both = properties.text("direction", "") == "both", bias = config.boolean("use_bias", true),
             sequences = config.boolean("return_sequences", false);
  const std::string function = config.activation("activation", "tanh");
  config.require(
      function == "tanh" || (type == "simple_rnn" && function == "relu"),
      "has the activation " + inQuotes(function) + ", which Tandem does not support in this layer");
  if (type == "simple_rnn") {
    properties.set("activation", function);
  } else {
    config.require(config.activation("recurrent_activation", "sigmoid") == "sigmoid",
                   "has a recurrent_activation other than sigmoid, which Tandem does not support");
  }
  if (type == "gru")
    config.require(config.boolean("reset_after", true),
                   "resets the state before the product (reset_after=False), which Tandem does not support");
  config.require(!config.boolean("return_state", false),
                 "returns its states, which Tandem does not read from Keras models");
  config.require(!config.boolean("stateful", false),
                 "continues with the states of the batch before (stateful), which Tandem does not support");
  config.require(!config.boolean("time_major", false),
                 "reads steps before samples (time_major), which Tandem does not support");
  config.require(
      !sequences || !config.boolean("go_backwards", false),
      "returns its steps in reverse order (go_backwards with return_sequences), which Tandem does not "
      "support; use Bidirectional instead");
  if (config.number("dropout", 0) > 0 || config.number("recurrent_dropout", 0) > 0)
    converter.note(
        "has dropout, which Tandem does not apply inside of recurrent layers when it is trained further");
  properties.set("units", config.integer("units"));
  properties.set("output", std::string(sequences ? "all" : "last"));
  properties.set("use_bias", std::int64_t{bias});
  properties.set("initializer", config.initializer("kernel_initializer"));
  properties.set("recurrent_initializer", config.initializer("recurrent_initializer", "orthogonal"));
  config.setPenalties("kernel_regularizer", properties);
  converter.append(type, std::move(properties));
  TANDEM_TRY(config.status());
  const std::size_t each = bias ? 3 : 2;
  TANDEM_TRY(Converter::requireWeights(layer, both ? 2 * each : each));
  for (std::size_t i = 0; i < layer.weights.size(); ++i) {
    constexpr const char* kSuffixes[] = {"kernel", "recurrent_kernel", "bias"};
    const std::string prefix = !both ? "" : i < each ? "forward_" : "backward_";
    converter.addWeight(prefix + kSuffixes[i % each], std::move(layer.weights[i]));
  }
  return success();
}

Status readDirection(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  const bool backward = config.boolean("go_backwards", false);
  return readRecurrent(converter, converter.type(), layer, config,
                       {{"direction", std::string(backward ? "backward" : "forward")}});
}

}  // namespace tandem::keras::codecs
