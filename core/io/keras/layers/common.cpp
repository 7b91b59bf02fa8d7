#include "core/io/keras/layers/common.h"

#include "core/ops/window.h"

namespace tandem::keras::codecs {
namespace {

// The slope of the activation property of dense and conv2d (layers/common.h).
constexpr double kFusedSlope = 0.01;

const LayerDef& definition(const Layer& layer) {
  const LayerDef* def = findLayer(layer.type);
  TANDEM_CHECK(def, layer.type);
  return *def;
}

// Whether the explicit pads equal those of Keras' padding "same".
Result<bool> isSame(const Layer& layer, const Shape& image) {
  const Integers window = integers(layer, "window");
  Attrs attrs{{"stride", integers(layer, "stride")},
              {"padding", std::string("explicit")},
              {"pads", integers(layer, "pads")}};
  const auto resolve = [&] {
    return ops::resolveWindow(attrs, {image[0], image[1]}, {window[0], window[1]}, {1, 1}, "window");
  };
  TANDEM_ASSIGN(const auto given, resolve());
  attrs.set("padding", std::string("same"));
  TANDEM_ASSIGN(const auto same, resolve());
  const auto equal = [](const ops::WindowAxis& a, const ops::WindowAxis& b) {
    return a.out == b.out && a.before == b.before;
  };
  return equal(given.rows, same.rows) && equal(given.columns, same.columns);
}

}  // namespace

std::int64_t integer(const Layer& layer, std::string_view key) {
  return integerOf(definition(layer).properties, layer.properties, key);
}
double number(const Layer& layer, std::string_view key) {
  return numberOf(definition(layer).properties, layer.properties, key);
}
std::string text(const Layer& layer, std::string_view key) {
  return textOf(definition(layer).properties, layer.properties, key);
}
Integers integers(const Layer& layer, std::string_view key) {
  return integersOf(definition(layer).properties, layer.properties, key);
}

KerasLayer& appendNamed(Describer& describer, const Layer& layer) {
  return describer.append(definition(layer).names.keras, layer.name);
}

Status writeNamed(Describer& describer, const Layer& layer) {
  appendNamed(describer, layer);
  return success();
}

Status readNamed(Converter& converter, KerasLayer&, ConfigReader& config) {
  converter.append(converter.type(), {});
  return config.status();
}

void finishActivated(Describer& describer, const Layer& layer, std::string_view kernel) {
  KerasLayer& keras = describer.last();
  const std::string function = text(layer, "activation"), start(kernel);
  const bool leaky = function == "leaky_relu";  // Keras' function of this name has another slope
  const bool limited = function == "relu6";     // a layer, because Keras 2 has no function of this name
  const bool bias = integer(layer, "use_bias") != 0;
  if (bias) describer.addWeight(layer, "bias", keras);
  keras.config["use_bias"] = bias;
  keras.config["activation"] = leaky || limited ? "linear" : activationToKeras(function);
  keras.config[start + "_initializer"] = text(layer, "initializer");
  writePenalties(layer, kernel, keras.config);
  if (leaky) describer.append("LeakyReLU", layer.name + "_leaky_relu").config["negative_slope"] = kFusedSlope;
  if (limited) describer.append("ReLU", layer.name + "_relu6").config["max_value"] = 6.0;
}

void writePenalties(const Layer& layer, std::string_view kernel, Json& config) {
  if (const double l1 = number(layer, "l1"), l2 = number(layer, "l2"); l1 > 0 || l2 > 0)
    config[std::string(kernel) + "_regularizer"] = {{"class_name", "L1L2"},
                                                    {"config", {{"l1", l1}, {"l2", l2}}}};
}

Attrs activatedProperties(ConfigReader& config, bool bias, const std::string& kernel) {
  Attrs properties{{"use_bias", std::int64_t{bias}},
                   {"initializer", config.initializer((kernel + "_initializer").c_str())}};
  config.setPenalties((kernel + "_regularizer").c_str(), properties);
  return properties;
}

void writePads(Describer& describer, const Layer& layer) {
  const Integers pads = integers(layer, "pads");
  if (text(layer, "padding") != "explicit" || std::ranges::max(pads) == 0) return;
  KerasLayer& keras = describer.append("ZeroPadding2D", layer.name + "_pad");
  keras.config["padding"] = Json::array({{pads[0], pads[1]}, {pads[2], pads[3]}});
  keras.config["data_format"] = "channels_last";
}

Status readPads(Converter& converter, const KerasLayer& layer, ConfigReader& config, Attrs& properties) {
  const std::string padding = config.text("padding", "valid");
  config.require(padding == "valid" || padding == "same",
                 "Tandem does not support the padding " + inQuotes(padding));
  properties.set("padding", padding);
  TANDEM_ASSIGN(const Integers pads, converter.padsBefore(layer));
  if (std::ranges::max(pads) == 0) return success();
  properties.set("padding", std::string("explicit"));
  properties.set("pads", pads);
  return success();
}

void writeKernel(Weight& kernel, std::int64_t rows, Shape shape) {
  kernel.values = transposed(kernel.values, static_cast<std::size_t>(rows));
  kernel.shape = shape;
}

Status readKernel(Converter& converter, KerasLayer& layer, bool bias, int rank) {
  TANDEM_TRY(Converter::requireWeights(layer, bias ? 2 : 1));
  Weight& kernel = layer.weights[0];
  if (kernel.shape.rank() != rank || kernel.shape.elements() == 0) return misfit(kernel, layer.name);
  const Shape given = rank == 3 ? kernel.shape.withFirst(1) : kernel.shape;
  kernel.values = transposed(kernel.values, static_cast<std::size_t>(given[0] * given[1] * given[2]));
  kernel.shape = {given[3], given[0], given[1], given[2]};
  converter.addWeight("kernel", std::move(kernel));
  if (bias) converter.addWeight("bias", std::move(layer.weights[1]));
  return success();
}

Error misfit(const Weight& weight, const std::string& layer) {
  return invalid("the weight " + inQuotes(weight.suffix) + " has shape " + weight.shape.text() +
                     ", which does not fit the layer",
                 layer, "The file is damaged; save the model again");
}

Error strideAndDilation(const Layer& layer, const std::string& none) {
  return {ErrorCode::Unsupported, "Keras does not support a convolution with both stride and dilation",
          layer.name, "Set one of them to " + none};
}

Status writePool2d(Describer& describer, const Layer& layer) {
  std::string padding = text(layer, "padding");
  if (padding == "explicit") {
    TANDEM_ASSIGN(const bool same, isSame(layer, describer.inputShape(layer)));
    const bool none = std::ranges::max(integers(layer, "pads")) == 0;
    padding = same ? "same" : "valid";
    if (!same && !none) {
      // Tandem ignores the padding; Keras' zeros matter unless all other values are at least zero.
      if (layer.type != "max_pool2d" || !describer.readsNonNegative(layer))
        return Error{ErrorCode::Unsupported, "Keras does not support these pads for pooling", layer.name,
                     "Use padding same or valid, or place a relu before max pooling"};
      writePads(describer, layer);
    }
  }
  KerasLayer& keras = appendNamed(describer, layer);
  keras.config["pool_size"] = integers(layer, "window");
  keras.config["strides"] = integers(layer, "stride");
  keras.config["padding"] = padding;
  keras.config["data_format"] = "channels_last";
  return success();
}

Status readPool2d(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  const Integers window = config.pair("pool_size", Integers{2, 2});
  Attrs properties{{"window", window}, {"stride", config.pair("strides", window)}};
  TANDEM_TRY(readPads(converter, layer, config, properties));
  converter.append(converter.type(), std::move(properties));
  return config.status();
}

Status writePool1d(Describer& describer, const Layer& layer) {
  KerasLayer& keras = appendNamed(describer, layer);
  keras.config["pool_size"] = Json::array({integer(layer, "window")});
  keras.config["strides"] = Json::array({integer(layer, "stride")});
  keras.config["padding"] = text(layer, "padding");
  keras.config["data_format"] = "channels_last";
  return success();
}

Status readPool1d(Converter& converter, KerasLayer&, ConfigReader& config) {
  const std::int64_t window = config.single("pool_size", 2);
  converter.append(converter.type(), {{"window", window},
                                      {"stride", config.single("strides", window)},
                                      {"padding", config.text("padding", "valid")}});
  return config.status();
}

Status writeImage(Describer& describer, const Layer& layer) {
  appendNamed(describer, layer).config["data_format"] = "channels_last";
  return success();
}

Status readGlobalPool(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  config.require(!config.boolean("keepdims", false),
                 "keeps the dimensions that it reduces (keepdims), which Tandem does not support");
  return readNamed(converter, layer, config);
}

Status writeNorm(Describer& describer, const Layer& layer, std::string_view className, bool center) {
  KerasLayer& keras = describer.append(className, layer.name);
  keras.config["axis"] = -1;
  keras.config["epsilon"] = number(layer, "epsilon");
  describer.addWeight(layer, "gamma", keras);
  if (!center) return success();
  keras.config["center"] = true;
  keras.config["scale"] = true;
  describer.addWeight(layer, "beta", keras);
  return success();
}

Status readScaleAndShift(Converter& converter, KerasLayer& layer, bool scale, bool center,
                         std::initializer_list<std::string_view> more) {
  TANDEM_TRY(Converter::requireWeights(layer, (center ? 1 : 0) + (scale ? 1 : 0) + more.size()));
  const Shape channels = layer.weights.back().shape;
  Weight constant{{}, channels, std::vector<float>(layer.weights.back().values.size())};
  std::size_t next = 0;
  Weight gamma = scale ? std::move(layer.weights[next++]) : constant;
  if (!scale) std::ranges::fill(gamma.values, 1.0f);
  converter.addWeight("gamma", std::move(gamma));
  converter.addWeight("beta", center ? std::move(layer.weights[next++]) : std::move(constant));
  for (const std::string_view suffix : more) converter.addWeight(suffix, std::move(layer.weights[next++]));
  return success();
}

Status readNorm(Converter& converter, KerasLayer& layer, ConfigReader& config, std::string_view type,
                Attrs properties) {
  const bool center = config.boolean("center", true), scale = config.boolean("scale", true);
  config.require(!config.boolean("rms_scaling", false),
                 "uses rms_scaling, which Tandem does not support; use RMSNormalization instead");
  config.require(center || scale, "has neither a scale nor a shift, which Tandem does not support");
  properties.set("epsilon", config.number("epsilon", 1e-3));
  converter.append(type, std::move(properties));
  converter.requireLastAxis(layer, config, "normalizes");
  TANDEM_TRY(config.status());
  return readScaleAndShift(converter, layer, scale, center, {});
}

}  // namespace tandem::keras::codecs
