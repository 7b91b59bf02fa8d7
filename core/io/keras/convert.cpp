#include "core/io/keras/convert.h"

#include <algorithm>

#include "core/io/keras/codec.h"
#include "core/io/keras/network_facts.h"
#include "core/network/analysis.h"
#include "core/network/layer_name.h"

namespace tandem::keras {
namespace {

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

// The name of a layer as it is listed for the user, where it must not control the terminal.
std::string shownName(std::string_view name) {
  std::size_t end = std::min(name.size(), kMaxNameBytes);
  while (end > 0 && end < name.size() && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
  std::string shown(name.substr(0, end));
  std::ranges::replace_if(
      shown, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return end < name.size() ? shown + "..." : shown;
}

bool canPad(const KerasLayer& layer) {
  const bool convolution = layer.className == "Conv2D" || layer.className == "DepthwiseConv2D";
  return convolution && ConfigReader(layer).text("padding", "valid") == "valid";
}

}  // namespace

Converter::Converter(KerasModel model) : model_(std::move(model)) {
  for (const KerasLayer& layer : model_.layers) byName_.emplace(layer.name, &layer);
  std::set<std::string_view> others(model_.outputs.begin(), model_.outputs.end());
  for (const KerasLayer& layer : model_.layers)
    if (!canPad(layer)) others.insert(layer.inputs.begin(), layer.inputs.end());
  for (const KerasLayer& layer : model_.layers)
    if (layer.className == "ZeroPadding2D" && !others.contains(layer.name)) merged_.insert(layer.name);
  dataScalings_ = dataScalings(model_);
}

bool Converter::isSkipped(const KerasLayer& layer) const {
  if (merged_.contains(layer.name) || scalesData(layer)) return true;
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
  listOrigins();
  readTraining();
  return std::move(result_);
}

// After describeData(), which may rename inputs.
void Converter::listOrigins() {
  for (const KerasLayer& layer : model_.layers) {
    ImportedModel::Origin& origin = result_.origins.emplace_back();
    origin.name = shownName(layer.name);
    origin.type = layer.className;
    if (const auto note = layerNotes_.find(layer.name); note != layerNotes_.end()) origin.note = note->second;
    if (const auto made = converted_.find(layer.name); made != converted_.end()) {
      for (std::size_t i = made->second.first; i <= made->second.last; ++i)
        origin.layers.push_back(result_.network.find(static_cast<LayerId>(i) + 1)->name);
      continue;
    }
    origin.note = merged_.contains(layer.name) ? "folded into the convolutions that read it"
                  : isScaling(layer)           ? "part of the normalization of the data"
                                               : "computes nothing";
  }
}

Status Converter::convertLayer(KerasLayer& layer) {
  ConfigReader config(layer);
  config.require(config.text("data_format", "channels_last") == "channels_last",
                 "uses channels-first images; Tandem supports only channels-last");
  config.require(model_.isKeras3() || config.activation("activation", "linear") != "hard_sigmoid",
                 "uses hard_sigmoid, a function that Keras 2 computes differently than Keras 3 and Tandem");
  if (merged_.contains(layer.name)) return config.status();
  const Codec& codec = *findReader(layer.className).codec;
  type_ = codec.type;
  return codec.read(*this, layer, config);
}

Result<std::vector<std::int64_t>> Converter::padsBefore(const KerasLayer& layer) const {
  std::vector<std::int64_t> pads(4, 0);
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
  return pads;
}

void Converter::requireLastAxis(const KerasLayer& layer, ConfigReader& config, const std::string& what) {
  const auto axis = layer.config.find("axis");
  if (axis == layer.config.end() || axis->is_null()) return;
  const Json& number = axis->is_array() && axis->size() == 1 ? (*axis)[0] : *axis;
  config.require(number.is_number_integer(), what + " over several axes");
  if (number.is_number_integer()) axes_.emplace_back(layers_.back().id, number.get<std::int64_t>());
}

void Converter::appendInput(Attrs properties) {
  inputs_[current_->name] = append("input", std::move(properties)).id;
}

Status Converter::readTokens(const KerasLayer& layer, bool varies) {
  const auto input = layer.inputs.size() == 1 ? inputs_.find(layer.inputs[0]) : inputs_.end();
  if (input == inputs_.end())
    return Error{ErrorCode::Unsupported, "embeds what other layers compute", layer.name,
                 "Tandem embeds tokens that are an input of the model"};
  Layer& tokens = layers_.at(static_cast<std::size_t>(input->second) - 1);
  if (readsTokens(tokens) && variesInLength(tokens) != varies)
    return Error{ErrorCode::Unsupported,
                 "differs in mask_zero from another layer that embeds the same tokens", layer.name,
                 "Give both the same mask_zero and save the model again"};
  tokens.properties.set("values", std::string("tokens"));
  tokens.properties.set("varies", std::int64_t{varies});
  return success();
}

void Converter::note(const std::string& text) {
  result_.notes.push_back("The layer " + inQuotes(current_->name) + " " + text);
  std::string& all = layerNotes_[current_->name];
  all += (all.empty() ? "" : "; ") + text;
}

Layer& Converter::append(std::string_view type, Attrs properties, std::string_view suffix) {
  Layer layer;
  layer.id = static_cast<LayerId>(layers_.size()) + 1;
  layer.type = type;
  layer.name = uniqueName(tandemName(model_.originalName(*current_)) + std::string(suffix));
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

Status Converter::requireWeights(const KerasLayer& layer, std::size_t count) {
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
  TANDEM_TRY(checkLengths(network, analysis));
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
