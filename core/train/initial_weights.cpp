#include "core/train/initial_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/io/keras/keras.h"
#include "core/text/plural.h"
#include "core/train/checkpoint.h"
#include "core/train/resume_data.h"

namespace tandem {
namespace {

// "conv1" of "conv1/kernel"; the name of a layer contains no slash.
std::string layerOf(std::string_view weight) {
  return std::string(weight.substr(0, weight.find('/')));
}

// At most five names.
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 5;
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i) list += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kMost ? fmt::format("{} and {} more", list, names.size() - kMost) : list;
}

bool fits(const NamedWeights& weights, const ParameterInfo& info) {
  const auto found = weights.find(info.name);
  return found != weights.end() && found->second.shape == info.shape &&
         static_cast<std::int64_t>(found->second.values.size()) == info.shape.elements();
}

// The weights and statistics of a layer in the plan.
struct LayerWeights {
  std::vector<std::pair<Role, const ParameterInfo*>> infos;

  bool fit(const NamedWeights& weights) const {
    return std::ranges::all_of(infos, [&](const auto& each) { return fits(weights, *each.second); });
  }
};

}  // namespace

Result<InitialWeights> loadInitialWeights(const std::filesystem::path& file) {
  InitialWeights initial{file, {}, {}};
  const auto add = [&](std::string name, const Shape& shape, std::vector<float> values) {
    initial.weights[std::move(name)] = {shape, std::move(values)};
  };
  if (isKerasFile(file)) {
    TANDEM_ASSIGN(ImportedModel model, importKeras(file));
    for (ImportedModel::Weight& weight : model.weights)
      add(std::move(weight.name), weight.shape, std::move(weight.values));
    initial.preprocessing = std::move(model.preprocessing);
    return initial;
  }
  TANDEM_ASSIGN(Checkpoint checkpoint, loadWeights(file, Weights::Best));
  for (auto* arrays : {&checkpoint.parameters, &checkpoint.states})
    for (NamedArray& array : *arrays) add(std::move(array.name), array.shape, std::move(array.values));
  initial.preprocessing = std::move(checkpoint.preprocessing);
  return initial;
}

std::shared_ptr<const Dataset> normalizedFor(const InitialWeights& initial,
                                             std::shared_ptr<const Dataset> data,
                                             std::vector<std::string>& notes) {
  InputNormalization adopted = normalizeInputsAs(initial.preprocessing, std::move(data));
  if (!adopted.changed.empty())
    notes.push_back(fmt::format("{} {} normalized as for the weights in {}", listed(adopted.changed),
                                adopted.changed.size() == 1 ? "is" : "are", initial.file.string()));
  if (!adopted.different.empty())
    notes.push_back(fmt::format(
        "The weights in {} were trained on other inputs than {}, which {} normalized anew",
        initial.file.string(), listed(adopted.different), adopted.different.size() == 1 ? "is" : "are"));
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
    if (!layers[layer].fit(initial.weights)) {
      const bool known = std::ranges::any_of(initial.weights,
                                             [&](const auto& each) { return layerOf(each.first) == layer; });
      (known ? different : absent).push_back(layer);
      continue;
    }
    for (const auto& [role, info] : layers[layer].infos) {
      const std::vector<float>& values = initial.weights.find(info->name)->second.values;
      TANDEM_TRY(session.write(role, info->offsetBytes, std::as_bytes(std::span(values))));
    }
    written.push_back(layer);
  }
  if (written.empty()) {
    std::vector<std::string> there;
    for (const auto& [name, weight] : initial.weights)
      if (there.empty() || there.back() != layerOf(name)) there.push_back(layerOf(name));
    return invalid(
        fmt::format("no layer of the network has the name and the shape of one in the file, which has {}",
                    there.empty() ? "none with weights" : listed(there)),
        initial.file.string(), "Give the layers the names that they have in the file");
  }
  std::string note = fmt::format("Starts with the weights of {} from {}", counted(written.size(), "layer"),
                                 initial.file.string());
  if (!different.empty()) note += fmt::format("; of another shape there: {}", listed(different));
  if (!absent.empty()) note += fmt::format("; not there: {}", listed(absent));
  notes.push_back(std::move(note));
  return success();
}

}  // namespace tandem
