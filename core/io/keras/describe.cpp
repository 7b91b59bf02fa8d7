#include "core/io/keras/describe.h"

#include <algorithm>
#include <cmath>

#include "core/io/keras/network_facts.h"
#include "core/ops/window.h"

namespace tandem::keras {
namespace {

using Integers = std::vector<std::int64_t>;

// A layer, because Keras 2 has no function of this name.
void limitRelu(KerasLayer& layer) {
  layer.config["max_value"] = 6.0;
}

// The slope of the activation property of dense and conv2d (layers/common.h).
constexpr double kFusedSlope = 0.01;

// The most that the rounding of a mean may change an input, in standard deviations.
constexpr double kMeanError = 1e-6;

// TensorFlow's rule for names, which Keras 2 follows, without '/' and '.', which are special in HDF5.
bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

const LayerDef& definition(const Layer& layer) {
  const LayerDef* def = findLayer(layer.type);
  TANDEM_CHECK(def, layer.type);
  return *def;
}

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

Error strideAndDilation(const Layer& layer, const std::string& none) {
  return {ErrorCode::Unsupported, "Keras does not support a convolution with both stride and dilation",
          layer.name, "Set one of them to " + none};
}

}  // namespace

Describer::Describer(const Network& network, const Analysis& analysis, std::span<const WeightView> weights)
    : nonNegative_(nonNegativeLayers(network)) {
  for (const WeightView& weight : weights) weights_.emplace(weight.name, &weight);
  for (const Layer& layer : network.layers()) shapes_.emplace(layer.id, *analysis.layers.at(layer.id).output);
  usedNames_.insert("top_level_model_weights");  // a group that Keras itself adds next to those of the layers
}

std::string Describer::uniqueName(std::string_view wanted) {
  std::string base(wanted);
  std::ranges::replace_if(
      base, [](char c) { return !plain(c); }, '_');
  if (base.front() == '_' || base.front() == '-') base.insert(0, "layer");
  std::string name = base;
  for (int number = 2; !usedNames_.insert(name).second; ++number) name = base + "_" + std::to_string(number);
  return name;
}

KerasLayer& Describer::append(std::vector<KerasLayer>& layers, std::string_view className,
                              std::string_view name) {
  KerasLayer layer;
  layer.className = className;
  layer.name = uniqueName(name);
  layer.config = {{"trainable", true}, {"dtype", "float32"}};
  return layers.emplace_back(std::move(layer));
}

Weight& Describer::addWeight(const Layer& layer, std::string_view suffix, KerasLayer& target) {
  const WeightView& view = *weights_.at(layer.name + "/" + std::string(suffix));
  return target.weights.emplace_back(
      Weight{std::string(suffix), view.shape, {view.values.begin(), view.values.end()}});
}

Status Describer::describe(const Layer& layer, std::vector<KerasLayer>& layers) {
  const std::size_t first = layers.size();
  if (layer.type == "dense") {
    dense(layer, layers);
  } else if (layer.type == "conv2d") {
    TANDEM_TRY(conv(layer, layers));
  } else if (layer.type == "conv2d_transpose") {
    convTranspose(layer, layers);
  } else if (layer.type == "conv1d") {
    TANDEM_TRY(conv1d(layer, layers));
  } else if (layer.type == "max_pool1d" || layer.type == "average_pool1d") {
    pool1d(layer, layers);
  } else if (layer.type == "max_pool2d" || layer.type == "average_pool2d") {
    TANDEM_TRY(pool(layer, layers));
  } else if (layer.type == "batch_norm") {
    batchNorm(layer, layers);
  } else if (layer.type.ends_with("_norm")) {
    norm(layer, layers);
  } else if (layer.type == "prelu") {
    prelu(layer, layers);
  } else if (layer.type == "activation") {
    activation(layer, layers);
  } else {
    const LayerDef& def = definition(layer);
    if (def.names.keras.empty())
      return Error{ErrorCode::Unsupported, "Keras has no equivalent of '" + layer.type + "'", layer.name, {}};
    Json& config = append(layers, def.names.keras, layer.name).config;
    if (layer.type == "input") {
      Json& shape = config["batch_input_shape"] = Json::array({nullptr});
      for (const std::int64_t extent : integers(layer, "shape")) shape.push_back(extent);
      config.erase("trainable");
      config["sparse"] = false;
      config["ragged"] = false;
    }
    if (layer.type == "dropout") config["rate"] = number(layer, "rate");
    if (layer.type == "concat") config["axis"] = -1;
    if (layer.type == "reshape") config["target_shape"] = integers(layer, "shape");
    if (layer.type == "cropping2d" || layer.type == "zero_padding2d") {
      const bool crops = layer.type == "cropping2d";
      const Integers sides = integers(layer, crops ? "cuts" : "pads");
      config[crops ? "cropping" : "padding"] = Json::array({{sides[0], sides[1]}, {sides[2], sides[3]}});
    }
    if (layer.type == "upsampling2d") {
      config["size"] = integers(layer, "size");
      config["interpolation"] = text(layer, "interpolation");
    }
    if (layer.type == "flatten" || layer.type.ends_with("1d") || layer.type.ends_with("2d"))
      config["data_format"] = "channels_last";
  }
  for (std::size_t i = first; i < layers.size(); ++i) {
    if (!layer.trainable && layer.type != "input") layers[i].config["trainable"] = false;
    if (i > first)
      layers[i].inputs = {layers[i - 1].name};
    else
      for (const Source& input : layer.inputs) layers[i].inputs.push_back(outputs_.at(input.layer));
  }
  outputs_[layer.id] = layers.back().name;
  return success();
}

KerasLayer& Describer::appendAfter(LayerId id, std::string_view className, const std::string& name,
                                   std::vector<KerasLayer>& layers) {
  KerasLayer& layer = append(layers, className, name);
  layer.inputs = {outputs_.at(id)};
  outputs_[id] = layer.name;
  return layer;
}

void Describer::scaleInput(LayerId input, const InputFields& fields, std::string_view prefix,
                           std::vector<KerasLayer>& layers) {
  const std::string start(prefix);
  if (fields.isImage()) {
    KerasLayer& levels = appendAfter(input, "Rescaling", start + "rescaling", layers);
    levels.config["scale"] = 1.0 / 255;
    levels.config["offset"] = 0.0;
  }
  Json unit = Json::array(), offset = Json::array(), mean = Json::array(), variance = Json::array();
  bool needed = false, extreme = false, far = false;
  const std::vector<double> means = fields.mean(), scales = fields.scale();
  for (std::size_t i = 0; i < means.size(); ++i) {
    // Normalization stores variances in f32 and bounds standard deviations by 1e-7. Powers of two change no digits.
    const double factor = scales[i] > 1e-18 && scales[i] < 1e7 ? 1.0 : std::ldexp(1.0, std::ilogb(scales[i]));
    const double scale = scales[i] / factor;
    // Normalization also stores means in f32: of a large one, the nearest f32 is subtracted before, and here the rest.
    const double all = means[i] * factor, nearest = static_cast<double>(static_cast<float>(all));
    const double before = std::abs(all - nearest) * scale > kMeanError ? nearest : 0.0;
    unit.push_back(factor);
    offset.push_back(0.0 - before);
    mean.push_back(all - before);
    variance.push_back(1 / (scale * scale));
    needed = needed || means[i] != 0 || scales[i] != 1;
    extreme = extreme || factor != 1;
    far = far || before != 0;
  }
  if (!needed) return;
  if (extreme || far) {
    KerasLayer& rescaling = appendAfter(input, "Rescaling", start + (extreme ? "unit" : "offset"), layers);
    rescaling.config["scale"] = extreme ? std::move(unit) : Json(1.0);
    rescaling.config["offset"] = far ? std::move(offset) : Json(0.0);
  }
  KerasLayer& normalization = appendAfter(input, "Normalization", start + "normalization", layers);
  normalization.config["axis"] = -1;
  normalization.config["mean"] = std::move(mean);
  normalization.config["variance"] = std::move(variance);
}

void Describer::activate(LayerId output, std::string_view function, std::string_view prefix,
                         std::vector<KerasLayer>& layers) {
  const std::string name = std::string(prefix) + std::string(function);
  appendAfter(output, "Activation", name, layers).config["activation"] = function;
}

void Describer::scaleOutput(LayerId output, const TargetUnit& unit, std::string_view prefix,
                            std::vector<KerasLayer>& layers) {
  KerasLayer& layer = appendAfter(output, "Rescaling", std::string(prefix) + "target_unit", layers);
  const double greatest = unit.levels ? 255 : 1;
  Json scale = Json::array(), offset = Json::array();
  for (std::size_t i = 0; i < unit.mean.size(); ++i) {
    scale.push_back(greatest / unit.scale[i]);
    offset.push_back(greatest * unit.mean[i]);
  }
  const bool single = unit.mean.size() == 1;
  layer.config["scale"] = single ? scale[0] : std::move(scale);
  layer.config["offset"] = single ? offset[0] : std::move(offset);
}

void Describer::dense(const Layer& layer, std::vector<KerasLayer>& layers) {
  KerasLayer& keras = append(layers, "Dense", layer.name);
  const std::int64_t units = integer(layer, "units");
  keras.config["units"] = units;
  addWeight(layer, "kernel", keras);
  finishActivated(layer, layers);
}

Status Describer::conv(const Layer& layer, std::vector<KerasLayer>& layers) {
  const Integers kernel = integers(layer, "kernel"), stride = integers(layer, "stride"),
                 dilation = integers(layer, "dilation");
  if (std::ranges::max(stride) > 1 && std::ranges::max(dilation) > 1) return strideAndDilation(layer, "1, 1");
  zeroPadding(layer, layers);
  const std::int64_t channels = inputShape(layer)[2], filters = integer(layer, "filters"),
                     groups = integer(layer, "groups");
  // On a CPU, TensorFlow supports depthwise convolutions (with equal strides) but not grouped ones.
  const bool depthwise = groups > 1 && groups == channels && stride[0] == stride[1];
  KerasLayer& keras = append(layers, depthwise ? "DepthwiseConv2D" : "Conv2D", layer.name);
  if (depthwise) {
    keras.config["depth_multiplier"] = filters / channels;
  } else {
    keras.config["filters"] = filters;
    keras.config["groups"] = groups;
  }
  keras.config["kernel_size"] = kernel;
  keras.config["strides"] = stride;
  keras.config["padding"] = text(layer, "padding") == "same" ? "same" : "valid";
  keras.config["data_format"] = "channels_last";
  keras.config["dilation_rate"] = dilation;
  Weight& weight = addWeight(layer, "kernel", keras);
  weight.values = transposed(weight.values, static_cast<std::size_t>(filters));
  weight.shape = depthwise ? Shape{kernel[0], kernel[1], channels, filters / channels}
                           : Shape{kernel[0], kernel[1], channels / groups, filters};
  if (depthwise) weight.suffix = "depthwise_kernel";
  finishActivated(layer, layers);
  return success();
}

void Describer::convTranspose(const Layer& layer, std::vector<KerasLayer>& layers) {
  const Integers kernel = integers(layer, "kernel");
  const std::int64_t channels = inputShape(layer)[2], filters = integer(layer, "filters");
  KerasLayer& keras = append(layers, "Conv2DTranspose", layer.name);
  keras.config["filters"] = filters;
  keras.config["kernel_size"] = kernel;
  keras.config["strides"] = integers(layer, "stride");
  keras.config["padding"] = text(layer, "padding");
  keras.config["data_format"] = "channels_last";
  Weight& weight = addWeight(layer, "kernel", keras);
  weight.values = transposed(weight.values, static_cast<std::size_t>(channels));
  weight.shape = {kernel[0], kernel[1], filters, channels};
  finishActivated(layer, layers);
}

Status Describer::conv1d(const Layer& layer, std::vector<KerasLayer>& layers) {
  if (integer(layer, "stride") > 1 && integer(layer, "dilation") > 1) return strideAndDilation(layer, "1");
  const std::int64_t kernel = integer(layer, "kernel"), features = inputShape(layer)[1],
                     filters = integer(layer, "filters");
  KerasLayer& keras = append(layers, "Conv1D", layer.name);
  keras.config["filters"] = filters;
  keras.config["kernel_size"] = Json::array({kernel});
  keras.config["strides"] = Json::array({integer(layer, "stride")});
  keras.config["padding"] = text(layer, "padding");
  keras.config["data_format"] = "channels_last";
  keras.config["dilation_rate"] = Json::array({integer(layer, "dilation")});
  Weight& weight = addWeight(layer, "kernel", keras);
  weight.values = transposed(weight.values, static_cast<std::size_t>(filters));
  weight.shape = {kernel, features, filters};
  finishActivated(layer, layers);
  return success();
}

void Describer::pool1d(const Layer& layer, std::vector<KerasLayer>& layers) {
  KerasLayer& keras = append(layers, definition(layer).names.keras, layer.name);
  keras.config["pool_size"] = Json::array({integer(layer, "window")});
  keras.config["strides"] = Json::array({integer(layer, "stride")});
  keras.config["padding"] = text(layer, "padding");
  keras.config["data_format"] = "channels_last";
}

Status Describer::pool(const Layer& layer, std::vector<KerasLayer>& layers) {
  std::string padding = text(layer, "padding");
  if (padding == "explicit") {
    TANDEM_ASSIGN(const bool same, isSame(layer, inputShape(layer)));
    const bool none = std::ranges::max(integers(layer, "pads")) == 0;
    padding = same ? "same" : "valid";
    if (!same && !none) {
      // Tandem ignores the padding; Keras' zeros matter unless all other values are at least zero.
      if (layer.type != "max_pool2d" || !nonNegative_.contains(layer.inputs[0].layer))
        return Error{ErrorCode::Unsupported, "Keras does not support these pads for pooling", layer.name,
                     "Use padding same or valid, or place a relu before max pooling"};
      zeroPadding(layer, layers);
    }
  }
  KerasLayer& keras = append(layers, definition(layer).names.keras, layer.name);
  keras.config["pool_size"] = integers(layer, "window");
  keras.config["strides"] = integers(layer, "stride");
  keras.config["padding"] = padding;
  keras.config["data_format"] = "channels_last";
  return success();
}

void Describer::zeroPadding(const Layer& layer, std::vector<KerasLayer>& layers) {
  const Integers pads = integers(layer, "pads");
  if (text(layer, "padding") != "explicit" || std::ranges::max(pads) == 0) return;
  KerasLayer& keras = append(layers, "ZeroPadding2D", layer.name + "_pad");
  keras.config["padding"] = Json::array({{pads[0], pads[1]}, {pads[2], pads[3]}});
  keras.config["data_format"] = "channels_last";
}

void Describer::batchNorm(const Layer& layer, std::vector<KerasLayer>& layers) {
  KerasLayer& keras = append(layers, "BatchNormalization", layer.name);
  keras.config["axis"] = -1;
  keras.config["momentum"] = number(layer, "momentum");
  keras.config["epsilon"] = number(layer, "epsilon");
  keras.config["center"] = true;
  keras.config["scale"] = true;
  for (const std::string_view suffix : {"gamma", "beta", "moving_mean", "moving_variance"})
    addWeight(layer, suffix, keras);
}

void Describer::norm(const Layer& layer, std::vector<KerasLayer>& layers) {
  const bool grouped = layer.type == "group_norm", instance = layer.type == "instance_norm";
  const bool rms = layer.type == "rms_norm";
  KerasLayer& keras =
      append(layers, grouped || instance ? "GroupNormalization" : definition(layer).names.keras, layer.name);
  keras.config["axis"] = -1;
  keras.config["epsilon"] = number(layer, "epsilon");
  if (grouped) keras.config["groups"] = integer(layer, "groups");
  if (instance) keras.config["groups"] = -1;  // one channel each
  Weight& gamma = addWeight(layer, "gamma", keras);
  if (rms) {
    gamma.suffix = "scale";
    return;
  }
  keras.config["center"] = true;
  keras.config["scale"] = true;
  addWeight(layer, "beta", keras);
}

// Keras has a slope for each value unless axes share it.
void Describer::prelu(const Layer& layer, std::vector<KerasLayer>& layers) {
  KerasLayer& keras = append(layers, definition(layer).names.keras, layer.name);
  Weight& alpha = addWeight(layer, "alpha", keras);
  Json shared = Json::array();
  std::vector<std::int64_t> shape(static_cast<std::size_t>(inputShape(layer).rank()), 1);
  for (std::size_t axis = 1; axis < shape.size(); ++axis) shared.push_back(axis);
  shape.back() = alpha.shape[0];
  alpha.shape = Shape(shape);
  keras.config["shared_axes"] = shared.empty() ? Json() : std::move(shared);
}

void Describer::activation(const Layer& layer, std::vector<KerasLayer>& layers) {
  const std::string function = text(layer, "function");
  if (function == "leaky_relu")
    append(layers, "LeakyReLU", layer.name).config["negative_slope"] = number(layer, "slope");
  else if (function == "elu")
    append(layers, "ELU", layer.name).config["alpha"] = number(layer, "alpha");
  else if (function == "relu6")
    limitRelu(append(layers, "ReLU", layer.name));
  else
    append(layers, "Activation", layer.name).config["activation"] = activationToKeras(function);
}

void Describer::finishActivated(const Layer& layer, std::vector<KerasLayer>& layers) {
  KerasLayer& keras = layers.back();
  const std::string function = text(layer, "activation");
  const bool leaky = function == "leaky_relu";  // Keras' function of this name has another slope
  const bool limited = function == "relu6";
  const bool bias = integer(layer, "use_bias") != 0;
  if (bias) addWeight(layer, "bias", keras);
  keras.config["use_bias"] = bias;
  keras.config["activation"] = leaky || limited ? "linear" : activationToKeras(function);
  const std::string kernel = keras.className == "DepthwiseConv2D" ? "depthwise_" : "kernel_";
  keras.config[kernel + "initializer"] = text(layer, "initializer");
  if (const double l1 = number(layer, "l1"), l2 = number(layer, "l2"); l1 > 0 || l2 > 0)
    keras.config[kernel + "regularizer"] = {{"class_name", "L1L2"}, {"config", {{"l1", l1}, {"l2", l2}}}};
  if (leaky) append(layers, "LeakyReLU", layer.name + "_leaky_relu").config["negative_slope"] = kFusedSlope;
  if (limited) limitRelu(append(layers, "ReLU", layer.name + "_relu6"));
}

}  // namespace tandem::keras
