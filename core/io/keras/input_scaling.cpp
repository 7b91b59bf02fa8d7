#include "core/io/keras/input_scaling.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/io/keras/config.h"

namespace tandem::keras {
namespace {

constexpr double kEpsilon = 1e-7;  // Keras' lower bound of a standard deviation

// Numbers of a setting: one, or (nested) lists of them. Anything else gives an empty list.
std::vector<double> numbersIn(const Json& json) {
  if (json.is_number()) return {json.get<double>()};
  std::vector<double> all;
  if (!json.is_array()) return all;
  for (const Json& item : json) {
    const std::vector<double> more = numbersIn(item);
    if (more.empty()) return {};
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

// A setting that is absent or null has the value `fallback`.
std::vector<double> setting(const KerasLayer& layer, const char* key, double fallback) {
  const auto found = layer.config.find(key);
  return found == layer.config.end() || found->is_null() ? std::vector<double>{fallback} : numbersIn(*found);
}

// The statistics of a Normalization: settings, or weights in the order mean, variance, count.
std::vector<double> statistics(const KerasLayer& layer, const char* key, std::size_t weight) {
  if (hasWeights(layer)) {
    if (layer.weights.size() <= weight) return {};
    const auto& values = layer.weights[weight].values;
    return {values.begin(), values.end()};
  }
  return setting(layer, key, std::nan(""));
}

// No axis means one mean for all values. Keras counts the batch.
bool lastAxis(const KerasLayer& layer, int rank) {
  const auto axis = layer.config.find("axis");
  if (axis == layer.config.end() || axis->is_null() || (axis->is_array() && axis->empty())) return true;
  const Json& number = axis->is_array() && axis->size() == 1 ? (*axis)[0] : *axis;
  return number == -1 || number == rank;
}

// Applies y = x * factor + offset after what there is. False unless the lists have 1 or all values.
bool apply(InputScaling& scaling, std::vector<double> factor, std::vector<double> offset) {
  const std::size_t channels = scaling.factor.size();
  for (auto* list : {&factor, &offset}) {
    if (list->size() == 1) list->resize(channels, list->front());
    if (list->size() != channels) return false;
  }
  for (std::size_t c = 0; c < channels; ++c) {
    scaling.factor[c] *= factor[c];
    scaling.offset[c] = scaling.offset[c] * factor[c] + offset[c];
    // The statistics must be finite as f32: Keras and Tandem compute in it.
    const auto scale = static_cast<float>(scaling.factor[c]);
    const auto mean = static_cast<float>(scaling.offset[c] / scaling.factor[c]);
    if (!std::isfinite(scale) || scale == 0 || !std::isfinite(mean)) return false;
  }
  return true;
}

bool applyNormalization(InputScaling& scaling, const KerasLayer& layer, bool first) {
  const std::vector<double> mean = statistics(layer, "mean", 0), variance = statistics(layer, "variance", 1);
  if (mean.size() != variance.size() || mean.empty()) return false;
  std::vector<double> factor, offset;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    if (!(variance[i] >= 0)) return false;
    factor.push_back(1 / std::max(std::sqrt(variance[i]), kEpsilon));
    offset.push_back(-mean[i] * factor.back());
  }
  // Levels from 0 to 255 have a mean above 1, unless the images are almost black.
  if (first) scaling.rescales = std::ranges::max(mean) > 1;
  return apply(scaling, std::move(factor), std::move(offset));
}

std::vector<const KerasLayer*> readersOf(const KerasModel& model, std::string_view name) {
  std::vector<const KerasLayer*> readers;
  for (const KerasLayer& layer : model.layers)
    if (std::ranges::find(layer.inputs, name) != layer.inputs.end()) readers.push_back(&layer);
  return readers;
}

// Combines the layers after one input, and adds them to `folded`.
Result<InputScaling> fold(const KerasModel& model, const KerasLayer& input, const Shape& sample,
                          std::set<const KerasLayer*>& folded) {
  const auto channels = static_cast<std::size_t>(sample[-1]);
  InputScaling scaling{std::vector<double>(channels, 1.0), std::vector<double>(channels, 0.0)};
  bool first = true;
  for (auto readers = readersOf(model, input.name); readers.size() == 1 && isScaling(*readers[0]);
       readers = readersOf(model, readers[0]->name)) {
    const KerasLayer& layer = *readers[0];
    if (!folded.insert(&layer).second) return invalid("its inputs form a cycle", layer.name);
    ConfigReader config(layer);
    config.require(!config.boolean("invert", false), "is inverted");
    config.require(lastAxis(layer, sample.rank()), "normalizes another axis than the last one");
    TANDEM_TRY(config.status());
    const bool rescaling = layer.className == "Rescaling";
    if (rescaling) scaling.rescales = true;
    if (!(rescaling ? apply(scaling, setting(layer, "scale", 1), setting(layer, "offset", 0))
                    : applyNormalization(scaling, layer, first)))
      return invalid("its factors do not fit the input of " + std::to_string(channels) +
                         " values, or are not finite numbers other than 0",
                     layer.name, "Call adapt() on the layer and save the model again");
    first = false;
  }
  return first ? InputScaling{} : scaling;
}

}  // namespace

bool isScaling(const KerasLayer& layer) {
  return layer.className == "Rescaling" || layer.className == "Normalization";
}

std::set<std::string_view> dataScalings(const KerasModel& model) {
  std::set<std::string_view> names;
  for (const KerasLayer& input : model.layers) {
    if (input.className != "InputLayer") continue;
    auto readers = readersOf(model, input.name);
    while (readers.size() == 1 && isScaling(*readers[0]) && names.insert(readers[0]->name).second)
      readers = readersOf(model, readers[0]->name);
  }
  for (const std::string& output : model.outputs)
    if (const KerasLayer* scaling = outputScaling(model, output)) names.insert(scaling->name);
  return names;
}

std::vector<double> scalingNumbers(const KerasLayer& layer, const char* key) {
  const std::string_view name = key;
  if (name == "mean") return statistics(layer, key, 0);
  if (name == "variance") return statistics(layer, key, 1);
  return setting(layer, key, name == "scale" ? 1 : 0);
}

const KerasLayer* outputScaling(const KerasModel& model, std::string_view output) {
  const auto layer = std::ranges::find(model.layers, output, &KerasLayer::name);
  if (layer == model.layers.end() || layer->className != "Rescaling" || layer->inputs.size() != 1)
    return nullptr;
  const auto source = std::ranges::find(model.layers, layer->inputs[0], &KerasLayer::name);
  const bool afterInput =
      source == model.layers.end() || source->className == "InputLayer" || isScaling(*source);
  return afterInput || !readersOf(model, output).empty() ? nullptr : &*layer;
}

Result<TargetUnit> outputUnit(const KerasLayer& layer, std::int64_t width) {
  std::vector<double> factor = setting(layer, "scale", 1), offset = setting(layer, "offset", 0);
  const std::size_t count = std::max(factor.size(), offset.size());
  for (auto* list : {&factor, &offset})
    if (list->size() == 1) list->resize(count, list->front());
  TargetUnit unit;
  const auto finite = [](double value) { return std::isfinite(static_cast<float>(value)); };
  bool good = factor.size() == offset.size() && (count == 1 || std::cmp_equal(count, width));
  for (std::size_t i = 0; good && i < count; ++i) {
    unit.mean.push_back(offset[i]);
    unit.scale.push_back(1 / factor[i]);
    good = finite(unit.scale[i]) && finite(factor[i]) && factor[i] != 0 && finite(offset[i]);
  }
  if (good) return unit;
  return Error{ErrorCode::Unsupported,
               "does not scale outputs by finite numbers other than 0, one or one for each", layer.name,
               "Tandem supports a Rescaling at the end as the unit of the targets"};
}

Result<std::vector<InputScaling>> inputScalings(const KerasModel& model, std::span<const Shape> samples) {
  std::vector<InputScaling> scalings;
  std::set<const KerasLayer*> folded;
  for (const KerasLayer& layer : model.layers) {
    if (layer.className != "InputLayer") continue;
    TANDEM_ASSIGN(InputScaling scaling, fold(model, layer, samples[scalings.size()], folded));
    scalings.push_back(std::move(scaling));
  }
  for (const KerasLayer& input : model.layers)
    if (input.className == "InputLayer")
      for (const KerasLayer* reader : readersOf(model, input.name))
        if (isScaling(*reader) && !folded.contains(reader))
          return Error{ErrorCode::Unsupported, "scales an input, but other layers read the input as well",
                       reader->name, "Let all layers read the scaled values"};
  return scalings;
}

}  // namespace tandem::keras
