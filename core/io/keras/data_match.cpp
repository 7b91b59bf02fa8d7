#include "core/io/keras/data_match.h"

#include <algorithm>
#include <unordered_set>

#include "core/json/parse.h"
#include "core/network/input_match.h"

namespace tandem::keras {
std::optional<std::vector<InputFields>> fieldsOfInputs(const Network& network, std::span<const Shape> samples,
                                                       const Preprocessing& preprocessing) {
  const std::vector<LayerId> layers = network.inputs();
  const std::vector<InputFields> inputs = preprocessing.inputs();
  if (inputs.size() < layers.size()) return std::nullopt;
  std::vector<InputMatch::Tensor> tensors;
  for (const InputFields& each : inputs) tensors.push_back({each.name, each.sample()});
  const InputMatch match(network, tensors);
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
