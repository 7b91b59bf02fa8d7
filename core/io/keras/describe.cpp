#include "core/io/keras/describe.h"

#include <algorithm>
#include <cmath>

#include "core/io/keras/codec.h"
#include "core/io/keras/network_facts.h"

namespace tandem::keras {
namespace {

// The most that the rounding of a mean may change an input, in standard deviations.
constexpr double kMeanError = 1e-6;

// TensorFlow's rule for names, which Keras 2 follows, without '/' and '.', which are special in HDF5.
bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// What to do about a layer that Keras lacks.
std::string insteadOf(std::string_view type) {
  if (type == "formula") return "Use activation and merge layers that compute the same, and train again";
  if (type == "last_step") return "Use the last output of a recurrent layer, or global average pooling";
  if (type == "positions")
    return "Remove the layer and train again; a recurrent layer also sees the order of steps";
  if (type == "slice") return "Remove the layer, and leave out in the data what it drops";
  if (type == "split") return "Use a separate layer for each part";
  return "Remove the layer, and train again";
}

}  // namespace

Describer::Describer(const Network& network, const Analysis& analysis, std::span<const WeightView> weights,
                     std::vector<KerasLayer>& layers)
    : layers_(layers), nonNegative_(nonNegativeLayers(network)) {
  for (const WeightView& weight : weights) weights_.emplace(weight.name, &weight);
  for (const Layer& layer : network.layers()) {
    shapes_.emplace(layer.id, *analysis.layers.at(layer.id).output);
    if (analysis.varies(layer.id)) varying_.insert(layer.id);
  }
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

KerasLayer& Describer::append(std::string_view className, std::string_view name) {
  KerasLayer layer;
  layer.className = className;
  layer.name = uniqueName(name);
  if (layer.name != name) layer.original = name;
  layer.config = {{"trainable", true}, {"dtype", "float32"}};
  return layers_.emplace_back(std::move(layer));
}

Weight& Describer::addWeight(const Layer& layer, std::string_view suffix, KerasLayer& target) {
  const WeightView& view = *weights_.at(layer.name + "/" + std::string(suffix));
  return target.weights.emplace_back(
      Weight{std::string(suffix), view.shape, {view.values.begin(), view.values.end()}});
}

Status Describer::describe(const Layer& layer) {
  const std::size_t first = layers_.size();
  const Codec* const codec = findWriter(layer.type);
  if (!codec)
    return Error{ErrorCode::Unsupported, "Keras has no equivalent of '" + layer.type + "'", layer.name,
                 insteadOf(layer.type)};
  TANDEM_TRY(codec->write(*this, layer));
  for (std::size_t i = first; i < layers_.size(); ++i) {
    if (!layer.trainable && layers_[i].config.contains("trainable")) layers_[i].config["trainable"] = false;
    if (i > first)
      layers_[i].inputs = {layers_[i - 1].name};
    else
      for (const Source& input : layer.inputs) layers_[i].inputs.push_back(outputs_.at(input.layer));
    while (layers_[i].inputs.size() < layers_[i].shapes.size())
      layers_[i].inputs.push_back(layers_[i].inputs.back());
  }
  outputs_[layer.id] = layers_.back().name;
  return success();
}

KerasLayer& Describer::appendAfter(LayerId id, std::string_view className, const std::string& name) {
  KerasLayer& layer = append(className, name);
  layer.inputs = {outputs_.at(id)};
  outputs_[id] = layer.name;
  return layer;
}

void Describer::scaleInput(LayerId input, const InputFields& fields, std::string_view prefix) {
  const std::string start(prefix);
  if (fields.isImage()) {
    KerasLayer& levels = appendAfter(input, "Rescaling", start + "rescaling");
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
    KerasLayer& rescaling = appendAfter(input, "Rescaling", start + (extreme ? "unit" : "offset"));
    rescaling.config["scale"] = extreme ? std::move(unit) : Json(1.0);
    rescaling.config["offset"] = far ? std::move(offset) : Json(0.0);
  }
  KerasLayer& normalization = appendAfter(input, "Normalization", start + "normalization");
  normalization.config["axis"] = -1;
  normalization.config["mean"] = std::move(mean);
  normalization.config["variance"] = std::move(variance);
}

void Describer::activate(LayerId output, std::string_view function, std::string_view prefix) {
  const std::string name = std::string(prefix) + std::string(function);
  appendAfter(output, "Activation", name).config["activation"] = function;
}

void Describer::scaleOutput(LayerId output, const TargetUnit& unit, std::string_view prefix) {
  KerasLayer& layer = appendAfter(output, "Rescaling", std::string(prefix) + "target_unit");
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

}  // namespace tandem::keras
