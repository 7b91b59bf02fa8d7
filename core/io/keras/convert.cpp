#include "core/io/keras/convert.h"

#include <algorithm>

#include "core/io/keras/network_facts.h"
#include "core/network/analysis.h"
#include "core/network/layer_name.h"

namespace tandem::keras {
namespace {

constexpr double kKerasLeakySlope = 0.2;   // of the function "leaky_relu"; the layer LeakyReLU has 0.3
constexpr std::size_t kMaxNameBytes = 90;  // leaves space for the suffixes that make names unique

// Makes a valid Tandem name: no '/', no control characters, no leading or trailing spaces, not too long.
std::string tandemName(std::string name) {
  name = asLayerName(std::move(name));
  if (name.size() > kMaxNameBytes) {
    std::size_t end = kMaxNameBytes;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;  // inside UTF-8
    name.resize(end);
  }
  if (name.front() == ' ') name.front() = '_';
  if (name.back() == ' ') name.back() = '_';
  return name;
}

Error misfit(const Weight& weight, const std::string& layer) {
  return invalid("the weight " + inQuotes(weight.suffix) + " has shape " + weight.shape.text() +
                     ", which does not fit the layer",
                 layer, "The file is damaged; save the model again");
}

bool canPad(const KerasLayer& layer) {
  const bool convolution = layer.className == "Conv2D" || layer.className == "DepthwiseConv2D";
  return convolution && ConfigReader(layer).text("padding", "valid") == "valid";
}

// The type of the layer that merges its inputs element by element as this one of Keras; empty: it does something else.
std::string_view mergeOf(std::string_view kind) {
  for (const std::string_view type : {"add", "average", "maximum", "minimum", "multiply", "subtract"})
    if (findLayer(type)->names.keras == kind) return type;
  return {};
}

}  // namespace

Converter::Converter(KerasModel model) : model_(std::move(model)) {
  for (const KerasLayer& layer : model_.layers) byName_.emplace(layer.name, &layer);
  std::set<std::string_view> others(model_.outputs.begin(), model_.outputs.end());
  for (const KerasLayer& layer : model_.layers)
    if (!canPad(layer)) others.insert(layer.inputs.begin(), layer.inputs.end());
  for (const KerasLayer& layer : model_.layers)
    if (layer.className == "ZeroPadding2D" && !others.contains(layer.name)) merged_.insert(layer.name);
}

bool Converter::isSkipped(const KerasLayer& layer) const {
  if (merged_.contains(layer.name) || isScaling(layer)) return true;
  return layer.className == "Activation" && ConfigReader(layer).activation("activation", "linear") == "none";
}

Result<ImportedModel> Converter::convert() {
  for (KerasLayer& layer : model_.layers) {
    current_ = &layer;
    const std::size_t first = layers_.size();
    TANDEM_TRY(convertLayer(layer));
    if (!isSkipped(layer)) converted_[layer.name] = {first, layers_.size() - 1};
  }
  TANDEM_TRY(connect());
  TANDEM_ASSIGN(result_.network, Network::fromLayers(std::move(layers_)));
  TANDEM_TRY(checkResult());
  TANDEM_TRY(describeData());
  return std::move(result_);
}

Status Converter::convertLayer(KerasLayer& layer) {
  ConfigReader config(layer);
  config.require(config.text("data_format", "channels_last") == "channels_last",
                 "uses channels-first images; Tandem supports only channels-last");
  const std::string& kind = layer.className;
  config.require(model_.isKeras3() || config.activation("activation", "linear") != "hard_sigmoid",
                 "uses hard_sigmoid, a function that Keras 2 computes differently than Keras 3 and Tandem");
  if (merged_.contains(layer.name) || isScaling(layer)) return config.status();
  if (kind == "InputLayer") return input(config);
  if (kind == "Dense") return dense(layer, config);
  if (kind == "Conv2D") return conv(layer, config);
  if (kind == "DepthwiseConv2D") return depthwiseConv(layer, config);
  if (kind == "Conv2DTranspose") return convTranspose(layer, config);
  if (kind == "Conv1D") return conv1d(layer, config);
  if (kind == "MaxPooling1D" || kind == "AveragePooling1D") return pool1d(layer, config);
  if (kind == "MaxPooling2D" || kind == "AveragePooling2D") return pool(layer, config);
  if (kind == "BatchNormalization") return batchNorm(layer, config);
  if (kind.ends_with("Normalization")) return norm(layer, config);
  if (kind == "PReLU") return prelu(layer);
  if (kind == "Activation" || kind == "ReLU" || kind == "LeakyReLU" || kind == "ELU" || kind == "Softmax")
    return activation(layer, config);
  return plain(layer, config);
}

Status Converter::input(ConfigReader& config) {
  inputs_[current_->name] = append("input", {{"shape", config.inputShape()}}).id;
  return config.status();
}

Status Converter::dense(KerasLayer& layer, ConfigReader& config) {
  const bool bias = config.boolean("use_bias", true);
  Attrs properties{{"units", config.integer("units")},
                   {"use_bias", std::int64_t{bias}},
                   {"initializer", config.initializer("kernel_initializer")}};
  config.setPenalties("kernel_regularizer", properties);
  appendActivated("dense", std::move(properties), config.activation("activation", "linear"));
  TANDEM_TRY(config.status());
  TANDEM_TRY(takeWeights(layer, bias ? 2 : 1));
  addWeight("kernel", std::move(layer.weights[0]));
  if (bias) addWeight("bias", std::move(layer.weights[1]));
  return success();
}

Status Converter::conv(KerasLayer& layer, ConfigReader& config) {
  const bool bias = config.boolean("use_bias", true);
  Attrs properties{{"filters", config.integer("filters")},
                   {"kernel", config.pair("kernel_size", std::nullopt)},
                   {"stride", config.pair("strides", Integers{1, 1})},
                   {"dilation", config.pair("dilation_rate", Integers{1, 1})},
                   {"groups", config.integer("groups", 1)},
                   {"use_bias", std::int64_t{bias}},
                   {"initializer", config.initializer("kernel_initializer")}};
  config.setPenalties("kernel_regularizer", properties);
  TANDEM_TRY(setWindow(layer, config, properties));
  appendActivated("conv2d", properties, config.activation("activation", "linear"));
  TANDEM_TRY(config.status());
  return addConvWeights(layer, bias, 4);
}

// Of kernels with the channels last: (H, W, I, O), (W, I, O) of one dimension, which Tandem stores as images of one row, or
// transposed (H, W, O, I).
Status Converter::addConvWeights(KerasLayer& layer, bool bias, int rank) {
  TANDEM_TRY(takeWeights(layer, bias ? 2 : 1));
  Weight& kernel = layer.weights[0];
  if (kernel.shape.rank() != rank || kernel.shape.elements() == 0) return misfit(kernel, layer.name);
  const Shape given = rank == 3 ? kernel.shape.withFirst(1) : kernel.shape;
  kernel.values = transposed(kernel.values, static_cast<std::size_t>(given[0] * given[1] * given[2]));
  kernel.shape = {given[3], given[0], given[1], given[2]};
  addWeight("kernel", std::move(kernel));
  if (bias) addWeight("bias", std::move(layer.weights[1]));
  return success();
}

Status Converter::convTranspose(KerasLayer& layer, ConfigReader& config) {
  const bool bias = config.boolean("use_bias", true);
  Attrs properties{{"filters", config.integer("filters")},
                   {"kernel", config.pair("kernel_size", std::nullopt)},
                   {"stride", config.pair("strides", Integers{1, 1})},
                   {"padding", config.text("padding", "valid")},
                   {"use_bias", std::int64_t{bias}},
                   {"initializer", config.initializer("kernel_initializer")}};
  const auto extra = layer.config.find("output_padding");
  config.require(extra == layer.config.end() || extra->is_null(),
                 "sets output_padding, which Tandem does not support");
  config.require(std::ranges::max(config.pair("dilation_rate", Integers{1, 1})) == 1,
                 "dilates a transposed convolution, which Tandem does not support");
  config.require(config.integer("groups", 1) == 1,
                 "groups the channels of a transposed convolution, which Tandem does not support");
  config.setPenalties("kernel_regularizer", properties);
  appendActivated("conv2d_transpose", std::move(properties), config.activation("activation", "linear"));
  TANDEM_TRY(config.status());
  return addConvWeights(layer, bias, 4);
}

Status Converter::conv1d(KerasLayer& layer, ConfigReader& config) {
  const bool bias = config.boolean("use_bias", true);
  Attrs properties{{"filters", config.integer("filters")},
                   {"kernel", config.single("kernel_size", std::nullopt)},
                   {"stride", config.single("strides", 1)},
                   {"dilation", config.single("dilation_rate", 1)},
                   {"padding", config.text("padding", "valid")},
                   {"use_bias", std::int64_t{bias}},
                   {"initializer", config.initializer("kernel_initializer")}};
  config.require(config.integer("groups", 1) == 1, "uses a grouped Conv1D, which Tandem does not support");
  config.setPenalties("kernel_regularizer", properties);
  appendActivated("conv1d", std::move(properties), config.activation("activation", "linear"));
  TANDEM_TRY(config.status());
  return addConvWeights(layer, bias, 3);
}

Status Converter::depthwiseConv(KerasLayer& layer, ConfigReader& config) {
  const bool bias = config.boolean("use_bias", true);
  TANDEM_TRY(takeWeights(layer, bias ? 2 : 1));
  Weight& kernel = layer.weights[0];
  if (kernel.shape.rank() != 4 || kernel.shape.elements() == 0) return misfit(kernel, layer.name);
  const Shape given = kernel.shape;  // (H, W, C, M)
  Attrs properties{{"filters", given[2] * given[3]},
                   {"kernel", config.pair("kernel_size", std::nullopt)},
                   {"stride", config.pair("strides", Integers{1, 1})},
                   {"dilation", config.pair("dilation_rate", Integers{1, 1})},
                   {"groups", given[2]},
                   {"use_bias", std::int64_t{bias}},
                   {"initializer", config.initializer("depthwise_initializer")}};
  config.setPenalties("depthwise_regularizer", properties);
  TANDEM_TRY(setWindow(layer, config, properties));
  appendActivated("conv2d", properties, config.activation("activation", "linear"));
  TANDEM_TRY(config.status());
  kernel.values = transposed(kernel.values, static_cast<std::size_t>(given[0] * given[1]));
  kernel.shape = {given[2] * given[3], given[0], given[1], 1};
  addWeight("kernel", std::move(kernel));
  if (bias) addWeight("bias", std::move(layer.weights[1]));
  return success();
}

Status Converter::pool(const KerasLayer& layer, ConfigReader& config) {
  const Integers window = config.pair("pool_size", Integers{2, 2});
  Attrs properties{{"window", window}, {"stride", config.pair("strides", window)}};
  TANDEM_TRY(setWindow(layer, config, properties));
  append(layer.className == "MaxPooling2D" ? "max_pool2d" : "average_pool2d", properties);
  return config.status();
}

Status Converter::pool1d(const KerasLayer& layer, ConfigReader& config) {
  const std::int64_t window = config.single("pool_size", 2);
  append(layer.className == "MaxPooling1D" ? "max_pool1d" : "average_pool1d",
         {{"window", window},
          {"stride", config.single("strides", window)},
          {"padding", config.text("padding", "valid")}});
  return config.status();
}

Status Converter::setWindow(const KerasLayer& layer, ConfigReader& config, Attrs& properties) {
  const std::string padding = config.text("padding", "valid");
  config.require(padding == "valid" || padding == "same",
                 "Tandem does not support the padding " + inQuotes(padding));
  properties.set("padding", padding);
  Integers pads(4, 0);
  const KerasLayer* before = inputOf(layer);
  for (std::size_t steps = 0; before && isSkipped(*before); ++steps, before = inputOf(*before)) {
    if (steps > model_.layers.size()) return invalid("its inputs form a cycle", layer.name);
    if (!merged_.contains(before->name)) continue;
    ConfigReader padder(*before);
    const auto more = padder.pads("padding");
    TANDEM_TRY(padder.status());
    for (std::size_t i = 0; i < pads.size(); ++i)
      pads[i] = std::min(pads[i] + more[i], std::int64_t{1} << 31);
  }
  if (std::ranges::max(pads) == 0) return success();
  properties.set("padding", std::string("explicit"));
  properties.set("pads", pads);
  return success();
}

Status Converter::batchNorm(KerasLayer& layer, ConfigReader& config) {
  const bool center = config.boolean("center", true), scale = config.boolean("scale", true);
  config.require(!config.boolean("renorm", false),
                 "uses batch renormalization, which Tandem does not support");
  const Attrs properties{{"momentum", config.number("momentum", 0.99)},
                         {"epsilon", config.number("epsilon", 1e-3)}};
  requireLastAxis(layer, append("batch_norm", properties).id, config);
  TANDEM_TRY(config.status());
  TANDEM_TRY(takeWeights(layer, (center ? 1 : 0) + (scale ? 1 : 0) + 2));
  const Shape channels = layer.weights.back().shape;
  Weight constant{{}, channels, std::vector<float>(layer.weights.back().values.size())};
  std::size_t next = 0;
  Weight gamma = scale ? std::move(layer.weights[next++]) : constant;
  if (!scale) std::ranges::fill(gamma.values, 1.0f);
  addWeight("gamma", std::move(gamma));
  addWeight("beta", center ? std::move(layer.weights[next++]) : constant);
  addWeight("moving_mean", std::move(layer.weights[next]));
  addWeight("moving_variance", std::move(layer.weights[next + 1]));
  return success();
}

Status Converter::prelu(KerasLayer& layer) {
  append("prelu", {});
  TANDEM_TRY(takeWeights(layer, 1));
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
  addWeight("alpha", std::move(alpha));
  return success();
}

void Converter::requireLastAxis(const KerasLayer& layer, LayerId added, ConfigReader& config) {
  const auto axis = layer.config.find("axis");
  if (axis == layer.config.end() || axis->is_null()) return;
  const Json& number = axis->is_array() && axis->size() == 1 ? (*axis)[0] : *axis;
  config.require(number.is_number_integer(), "normalizes over several axes");
  if (number.is_number_integer()) axes_.emplace_back(added, number.get<std::int64_t>());
}

Status Converter::norm(KerasLayer& layer, ConfigReader& config) {
  const bool rms = layer.className == "RMSNormalization", grouped = layer.className == "GroupNormalization";
  const bool center = !rms && config.boolean("center", true), scale = rms || config.boolean("scale", true);
  config.require(!config.boolean("rms_scaling", false),
                 "uses rms_scaling, which Tandem does not support; use RMSNormalization instead");
  config.require(center || scale, "has neither a scale nor a shift, which Tandem does not support");
  Attrs properties{{"epsilon", config.number("epsilon", rms ? 1e-6 : 1e-3)}};
  const auto groups = layer.config.find("groups");
  const bool instance = grouped && groups != layer.config.end() && *groups == -1;  // one channel each
  if (grouped && !instance) properties.set("groups", config.integer("groups", 32));
  const std::string_view type = instance  ? "instance_norm"
                                : grouped ? "group_norm"
                                : rms     ? "rms_norm"
                                          : "layer_norm";
  requireLastAxis(layer, append(type, std::move(properties)).id, config);
  TANDEM_TRY(config.status());
  TANDEM_TRY(takeWeights(layer, (center ? 1 : 0) + (scale ? 1 : 0)));
  const Shape channels = layer.weights.back().shape;
  Weight constant{{}, channels, std::vector<float>(layer.weights.back().values.size())};
  std::size_t next = 0;
  Weight gamma = scale ? std::move(layer.weights[next++]) : constant;
  if (!scale) std::ranges::fill(gamma.values, 1.0f);
  addWeight("gamma", std::move(gamma));
  if (!rms) addWeight("beta", center ? std::move(layer.weights[next]) : std::move(constant));
  return success();
}

Status Converter::activation(const KerasLayer& layer, ConfigReader& config) {
  const std::string& kind = layer.className;
  if (kind == "Activation") {
    const std::string function = config.activation("activation", "linear");
    if (function != "none") appendActivation(function, kKerasLeakySlope, {});
  } else if (kind == "ReLU") {
    const bool limited = layer.config.contains("max_value") && !layer.config["max_value"].is_null();
    const double slope = config.number("negative_slope", 0);
    config.require(
        !limited || (config.number("max_value", 6) == 6 && slope == 0),
        "has a max_value other than 6, or one combined with a slope, which Tandem does not support");
    config.require(config.number("threshold", 0) == 0, "has a threshold other than 0");
    appendActivation(limited ? "relu6" : slope == 0 ? "relu" : "leaky_relu", slope, {});
  } else if (kind == "LeakyReLU") {
    appendActivation("leaky_relu", config.number("negative_slope", config.number("alpha", 0.3)), {});
  } else if (kind == "ELU") {
    append("activation", {{"function", std::string("elu")}, {"alpha", config.number("alpha", 1.0)}});
  } else {
    appendActivation("softmax", 0, {});
    const auto axis = layer.config.find("axis");
    const bool number = axis != layer.config.end() && axis->is_number_integer();
    config.require(number || axis == layer.config.end(), "computes the softmax over several axes");
    if (number) axes_.emplace_back(layers_.back().id, axis->get<std::int64_t>());
  }
  return config.status();
}

Status Converter::plain(const KerasLayer& layer, ConfigReader& config) {
  const std::string& kind = layer.className;
  if (kind == "Dropout") {
    append("dropout", {{"rate", config.number("rate", 0.5)}});
  } else if (kind == "Flatten") {
    append("flatten", {});
  } else if (kind == "Reshape") {
    append("reshape", {{"shape", config.sizes("target_shape")}});
  } else if (kind == "ZeroPadding2D" || kind == "Cropping2D") {
    const bool crops = kind == "Cropping2D";
    const auto sides = config.pads(crops ? "cropping" : "padding");
    append(crops ? "cropping2d" : "zero_padding2d",
           {{crops ? "cuts" : "pads", Integers(sides.begin(), sides.end())}});
  } else if (const std::string_view merge = mergeOf(kind); !merge.empty()) {
    append(merge, {});
  } else if (kind == "UpSampling2D") {
    append("upsampling2d", {{"size", config.pair("size", Integers{2, 2})},
                            {"interpolation", config.text("interpolation", "nearest")}});
  } else if (kind == "Concatenate") {
    append("concat", {});
    const Json& axis = layer.config.contains("axis") ? layer.config["axis"] : Json(-1);
    config.require(axis.is_number_integer(), "has no axis");
    if (axis.is_number_integer()) axes_.emplace_back(layers_.back().id, axis.get<std::int64_t>());
  } else {
    config.require(!config.boolean("keepdims", false),
                   "keeps the image dimensions (keepdims), which Tandem does not support");
    const std::string type = kind.starts_with("GlobalMax") ? "global_max_pool" : "global_average_pool";
    append(type + (kind.ends_with("1D") ? "1d" : "2d"), {});
  }
  return config.status();
}

Layer& Converter::append(std::string_view type, Attrs properties, std::string_view suffix) {
  Layer layer;
  layer.id = static_cast<LayerId>(layers_.size()) + 1;
  layer.type = type;
  layer.name = uniqueName(tandemName(current_->name) + std::string(suffix));
  layer.properties = std::move(properties);
  const auto trainable = current_->config.find("trainable");
  layer.trainable = type == "input" || trainable == current_->config.end() || *trainable != false;
  if (!suffix.empty()) layer.inputs = {layers_.back().id};
  return layers_.emplace_back(std::move(layer));
}

void Converter::appendActivation(const std::string& function, double slope, std::string_view suffix) {
  Attrs properties{{"function", function}};
  if (function == "leaky_relu") properties.set("slope", slope);
  append("activation", std::move(properties), suffix);
}

void Converter::appendActivated(std::string_view type, Attrs properties, const std::string& function) {
  // Not fused in Tandem's layers: softmax, and leaky_relu with Keras' slope.
  const bool separate = function == "softmax" || function == "leaky_relu";
  properties.set("activation", separate ? std::string("none") : function);
  append(type, std::move(properties));
  if (separate) appendActivation(function, kKerasLeakySlope, "_" + function);
}

void Converter::addWeight(std::string_view suffix, Weight weight) {
  // The layer with weights is the first one created from current_; only an activation may follow it.
  const bool separate = layers_.back().type == "activation";
  const std::string& layer = layers_[layers_.size() - (separate ? 2 : 1)].name;
  result_.weights.push_back({layer + "/" + std::string(suffix), weight.shape, std::move(weight.values)});
}

Status Converter::takeWeights(KerasLayer& layer, std::size_t count) {
  if (layer.weights.size() == count) return success();
  return invalid("has " + std::to_string(layer.weights.size()) + " weights in the file, but needs " +
                     std::to_string(count),
                 layer.name, "The file is damaged; save the model again");
}

std::string Converter::uniqueName(const std::string& wanted) {
  std::string name = wanted;
  for (int number = 2; !names_.insert(name).second; ++number) name = wanted + "_" + std::to_string(number);
  return name;
}

const KerasLayer* Converter::inputOf(const KerasLayer& layer) const {
  return layer.inputs.size() == 1 ? byName_.at(layer.inputs[0]) : nullptr;
}

Result<const Converter::Converted*> Converter::sourceOf(const std::string& name,
                                                        const std::string& reader) const {
  const KerasLayer* layer = byName_.at(name);
  for (std::size_t steps = 0; layer && isSkipped(*layer); ++steps, layer = inputOf(*layer)) {
    if (steps > model_.layers.size()) return invalid("its inputs form a cycle", reader);
  }
  if (!layer)
    return invalid("its input is not connected to any layer", reader,
                   "The file is damaged; save the model again");
  return &converted_.at(layer->name);
}

Status Converter::connect() {
  for (const KerasLayer& layer : model_.layers) {
    if (isSkipped(layer)) continue;
    Layer& first = layers_[converted_.at(layer.name).first];
    for (const std::string& input : layer.inputs) {
      TANDEM_ASSIGN(const Converted* from, sourceOf(input, layer.name));
      first.inputs.push_back(layers_[from->last].id);
    }
  }
  for (const std::string& output : model_.outputs) {
    TANDEM_ASSIGN(const Converted* end, sourceOf(output, "the model's output"));
    outputs_.push_back(layers_[end->last].id);
  }
  return success();
}

// Each layer must lead to an output, and each output needs a separate layer, which its predictions are named after.
Status Converter::checkOutputs() {
  const Network& network = result_.network;
  std::set<LayerId> outputs;
  for (const LayerId id : outputs_) {
    const Layer& layer = *network.find(id);
    if (layer.type == "input")
      return Error{ErrorCode::Unsupported, "is both an input and an output of the model", layer.name,
                   "Save a model without this output"};
    if (!outputs.insert(id).second)
      return Error{ErrorCode::Unsupported, "computes several outputs of the model", layer.name,
                   "Save a model with only one of them"};
  }
  for (const Source& output : network.outputs())
    if (!outputs.contains(output.layer))
      return invalid("is not an output of the model, and no layer reads it", network.nameOf(output));
  return success();
}

Status Converter::checkResult() {
  const Network& network = result_.network;
  const Analysis analysis = analyze(network);
  if (!analysis.ok()) return analysis.problems.front().error;
  TANDEM_TRY(checkOutputs());
  for (const LayerId id : network.inputs()) result_.samples.push_back(*analysis.layers.at(id).output);
  for (const LayerId id : outputs_) widths_.push_back((*analysis.layers.at(id).output)[-1]);
  for (const auto& [id, axis] : axes_)
    if (axis != -1 && axis != analysis.layers.at(id).output->rank())
      return Error{ErrorCode::Unsupported,
                   "operates on axis " + std::to_string(axis) + "; Tandem supports only the last axis",
                   network.find(id)->name,
                   {}};

  std::vector<WeightView> views;
  for (const auto& weight : result_.weights) views.push_back({weight.name, weight.shape, weight.values});
  return checkWeights(network, views);
}

}  // namespace tandem::keras
