#include "core/train/initial_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/content_hash.h"
#include "core/io/model_formats.h"
#include "core/text/enumeration.h"
#include "core/text/plural.h"
#include "core/train/checkpoint.h"
#include "core/train/resume_data.h"

namespace tandem {
namespace {

// "conv1" of "conv1/kernel"; the name of a layer contains no slash.
std::string layerOf(std::string_view weight) {
  return std::string(weight.substr(0, weight.find('/')));
}

// Not all names of a large network.
std::string listed(const std::vector<std::string>& names) {
  return enumerated(names, 5);
}

bool fits(const NamedWeights& weights, const ParameterInfo& info) {
  const auto found = weights.find(info.name);
  return found != weights.end() && found->second.shape == info.shape &&
         static_cast<std::int64_t>(found->second.values.size()) == info.shape.elements();
}

// The weights and statistics of a layer in the plan.
struct LayerWeights {
  std::vector<std::pair<Role, const ParameterInfo*>> infos;

  // The file must not have more weights of this layer either, such as a bias.
  bool fit(const NamedWeights& weights, std::size_t count) const {
    return count == infos.size() &&
           std::ranges::all_of(infos, [&](const auto& each) { return fits(weights, *each.second); });
  }
};

// The number of weights that a file has of a layer.
std::size_t countOf(const NamedWeights& weights, const std::string& layer) {
  const std::string prefix = layer + "/";
  std::size_t count = 0;
  for (auto it = weights.lower_bound(prefix); it != weights.end() && it->first.starts_with(prefix); ++it)
    ++count;
  return count;
}

std::vector<std::string> layersOf(const NamedWeights& weights) {
  std::vector<std::string> layers;
  for (const auto& [name, weight] : weights)
    if (layers.empty() || layers.back() != layerOf(name)) layers.push_back(layerOf(name));
  return layers;
}

Error noneFits(const InitialWeights& initial, const std::vector<std::string>& different) {
  const std::vector<std::string> there = layersOf(initial.weights);
  if (!different.empty())
    return invalid("these layers have other shapes in the file: " + listed(different), initial.file.string(),
                   "Give them the sizes that they have in the file");
  return invalid(fmt::format("no layer of the network has the name of one in the file, which has {}",
                             there.empty() ? "none with weights" : listed(there)),
                 initial.file.string(), "Give the layers the names that they have in the file");
}

}  // namespace

std::string fingerprint(const InitialWeights& initial) {
  ContentHash hash;
  for (const auto& [name, weight] : initial.weights) {
    hash.addBytes(name.data(), name.size());
    for (const std::int64_t extent : weight.shape.dims()) hash.add(static_cast<std::uint64_t>(extent));
    hash.addAll(std::span(weight.values));
  }
  return hash.text();
}

Result<InitialWeights> loadInitialWeights(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored))
    return Error{ErrorCode::NotFound, "there is no such file of weights", file.string(),
                 "Choose a checkpoint or a Keras model"};
  InitialWeights initial{file, {}, {}, {}};
  const auto finite = [&]() -> Status {
    for (const auto& [name, weight] : initial.weights)
      if (!std::ranges::all_of(weight.values, [](float x) { return std::isfinite(x); }))
        return invalid("the weight " + name + " is not finite", file.string(),
                       "Use the weights of another run");
    return success();
  };
  const auto add = [&](std::string name, const Shape& shape, std::vector<float> values) {
    initial.weights[std::move(name)] = {shape, std::move(values)};
  };
  if (const ModelFormat* format = modelFormatOf(file)) {
    TANDEM_ASSIGN(ImportedModel model, format->import(file));
    for (ImportedModel::Weight& weight : model.weights)
      add(std::move(weight.name), weight.shape, std::move(weight.values));
    initial.preprocessing = std::move(model.preprocessing);
    initial.notes = std::move(model.notes);
    TANDEM_TRY(finite());
    return initial;
  }
  TANDEM_ASSIGN(Checkpoint checkpoint, loadWeights(file, Weights::Best));
  for (auto* arrays : {&checkpoint.parameters, &checkpoint.states})
    for (NamedArray& array : *arrays) add(std::move(array.name), array.shape, std::move(array.values));
  initial.preprocessing = std::move(checkpoint.preprocessing);
  TANDEM_TRY(finite());
  return initial;
}

std::shared_ptr<const Dataset> normalizedFor(const InitialWeights& initial, const Network& network,
                                             std::shared_ptr<const Dataset> data,
                                             std::vector<std::string>& notes) {
  InputNormalization adopted = normalizeInputsAs(initial.preprocessing, network, std::move(data));
  if (!adopted.changed.empty())
    notes.push_back(fmt::format("{} {} normalized as for the weights in {}", listed(adopted.changed),
                                adopted.changed.size() == 1 ? "is" : "are", initial.file.string()));
  if (!adopted.different.empty())
    notes.push_back(fmt::format("{} states no normalization for inputs such as {}: that of the data is used",
                                initial.file.string(), listed(adopted.different)));
  return std::move(adopted.data);
}

Status writeMatching(const InitialWeights& initial, const Plan& plan, Session& session,
                     std::vector<std::string>& notes) {
  std::map<std::string, LayerWeights> layers;
  std::vector<std::string> order;
  for (const auto& [role, infos] :
       {std::pair{Role::Parameter, &plan.parameters()}, std::pair{Role::State, &plan.states()}})
    for (const ParameterInfo& info : *infos) {
      const std::string layer = layerOf(info.name);
      if (!layers.contains(layer)) order.push_back(layer);
      layers[layer].infos.emplace_back(role, &info);
    }
  std::vector<std::string> written, absent, different;
  for (const std::string& layer : order) {
    const std::size_t count = countOf(initial.weights, layer);
    if (!layers[layer].fit(initial.weights, count)) {
      (count > 0 ? different : absent).push_back(layer);
      continue;
    }
    for (const auto& [role, info] : layers[layer].infos) {
      const std::vector<float>& values = initial.weights.find(info->name)->second.values;
      TANDEM_TRY(session.write(role, info->offsetBytes, std::as_bytes(std::span(values))));
    }
    written.push_back(layer);
  }
  if (written.empty()) return noneFits(initial, different);
  std::string note = fmt::format("Starts with the weights of {} from {}", counted(written.size(), "layer"),
                                 initial.file.string());
  if (!different.empty()) note += fmt::format("; of another shape there: {}", listed(different));
  if (!absent.empty()) note += fmt::format("; not there: {}", listed(absent));
  notes.push_back(std::move(note));
  notes.insert(notes.end(), initial.notes.begin(), initial.notes.end());
  return success();
}

}  // namespace tandem
