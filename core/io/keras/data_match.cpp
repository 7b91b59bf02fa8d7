#include "core/io/keras/data_match.h"

#include <algorithm>
#include <unordered_set>

#include "core/json/parse.h"

namespace tandem::keras {
namespace {

// Finds the fields that an input layer reads, quickly also for files with very many layers.
class InputMatch {
 public:
  InputMatch(const Network& network, std::span<const InputFields> inputs) : inputs_(inputs) {
    for (const Layer& layer : network.layers())
      if (layer.type == "input") layers_.insert(layer.name);
    for (const InputFields& fields : inputs) samples_.push_back(fields.sample());
  }

  std::optional<std::size_t> find(const Layer& layer, const Shape& sample) const {
    if (inputs_.size() == 1) return 0;
    const auto named = std::ranges::find(inputs_, layer.name, &InputFields::name);
    if (named != inputs_.end()) return static_cast<std::size_t>(named - inputs_.begin());
    std::optional<std::size_t> alike;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (samples_[i] != sample || layers_.contains(inputs_[i].name)) continue;
      if (alike) return std::nullopt;
      alike = i;
    }
    return alike;
  }

 private:
  std::span<const InputFields> inputs_;
  std::vector<Shape> samples_;                   // of `inputs_`
  std::unordered_set<std::string_view> layers_;  // inputs
};

}  // namespace

std::optional<std::vector<InputFields>> fieldsOfInputs(const Network& network, std::span<const Shape> samples,
                                                       const Preprocessing& preprocessing) {
  const std::vector<LayerId> layers = network.inputs();
  const std::vector<InputFields> inputs = preprocessing.inputs();
  if (inputs.size() < layers.size()) return std::nullopt;
  const InputMatch match(network, inputs);
  std::vector<InputFields> found;
  std::unordered_set<std::size_t> taken;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto index = match.find(*network.find(layers[i]), samples[i]);
    if (!index || !taken.insert(*index).second || inputs[*index].sample().elements() != samples[i].elements())
      return std::nullopt;
    found.push_back(inputs[*index]);
  }
  return found;
}

Result<std::vector<const Field*>> fieldsOfOutput(const ModelOutput& output,
                                                 const Preprocessing& preprocessing) {
  if (output.targets.empty()) return preprocessing.targets();
  std::vector<const Field*> fields;
  const std::vector<InputFields> inputs = preprocessing.inputs();
  for (const std::string& name : output.targets) {
    if (const Field* target = preprocessing.target(name)) {
      fields.push_back(target);
      continue;
    }
    const auto input = std::ranges::find(inputs, name, &InputFields::name);
    if (input == inputs.end())
      return invalid("predicts " + inQuotes(name) + ", which the data does not have", output.layer,
                     "Train or export the model again");
    fields.insert(fields.end(), input->fields.begin(), input->fields.end());
  }
  return fields;
}

bool predictsNumbers(OutputMeaning meaning, std::span<const Field* const> targets) {
  return meaning == OutputMeaning::Values || (!targets.empty() && targets[0]->role == FieldRole::Feature);
}

bool TargetUnit::scales() const {
  return levels || std::ranges::any_of(mean, [](double x) { return x != 0; }) ||
         std::ranges::any_of(scale, [](double x) { return x != 1; });
}

TargetUnit unitOf(std::span<const Field* const> targets) {
  TargetUnit unit;
  for (const Field* target : targets) {
    const bool image = target->kind == FieldKind::Image;
    const auto values = static_cast<std::size_t>(image ? target->image[-1] : target->width());
    unit.levels = unit.levels || image;
    unit.mean.insert(unit.mean.end(), target->mean.begin(), target->mean.end());
    unit.scale.insert(unit.scale.end(), target->scale.begin(), target->scale.end());
    if (target->mean.empty()) unit.mean.insert(unit.mean.end(), values, 0.0);
    if (target->scale.empty()) unit.scale.insert(unit.scale.end(), values, 1.0);
  }
  return unit;
}

std::vector<std::string> valueNames(std::span<const Field* const> targets) {
  std::vector<std::string> names;
  for (const Field* target : targets) {
    if (target->role == FieldRole::Target && target->kind == FieldKind::Category) {
      names.push_back(target->name + "=" + target->categories.back());
      continue;
    }
    const std::vector<std::string> own = InputFields{{}, {target}}.names();
    names.insert(names.end(), own.begin(), own.end());
  }
  return names;
}

}  // namespace tandem::keras
