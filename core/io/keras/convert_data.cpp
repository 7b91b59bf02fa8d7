// Converter: what the inputs and outputs of a model mean.
#include <algorithm>
#include <iterator>

#include "core/io/keras/convert.h"
#include "core/network/analysis.h"
#include "core/network/preprocessing_json.h"

namespace tandem::keras {
namespace {

constexpr std::size_t kMaxTargets = 1000;  // of one output, as in project files

std::optional<OutputMeaning> meaningOf(std::string_view name) {
  for (const auto meaning : {OutputMeaning::Values, OutputMeaning::Probabilities,
                             OutputMeaning::SoftmaxLogits, OutputMeaning::SigmoidLogits})
    if (name == nameOf(meaning)) return meaning;
  return std::nullopt;
}

Error damagedDescription(const std::string& message) {
  return invalid("the description of the data is damaged: " + message, {}, "Export the model again");
}

}  // namespace

Status Converter::describeData() {
  for (const Shape& sample : result_.samples)
    if (hasTooManyFields(sample))
      return Error{ErrorCode::Unsupported,
                   "the model reads samples of " + sample.text(),
                   {},
                   "Tandem supports at most " + std::to_string(kMaxFields) + " columns"};
  TANDEM_ASSIGN(const std::vector<InputScaling> scalings, inputScalings(model_, result_.samples));
  std::vector<TargetUnit> units(outputs_.size());
  for (std::size_t o = 0; o < outputs_.size(); ++o) {
    const KerasLayer* const scaling = outputScaling(model_, model_.outputs[o]);
    if (!scaling) continue;
    TANDEM_ASSIGN(units[o], outputUnit(*scaling, widths_[o]));
  }
  result_.described = model_.description.is_object();
  if (result_.described) return readDescription();
  if (std::ranges::count_if(result_.samples, [](const Shape& sample) { return sample.rank() != 3; }) > 1)
    return Error{ErrorCode::Unsupported,
                 "the model reads several tables",
                 {},
                 "Tandem supports one table and any number of images as inputs"};
  describeInputs(scalings);
  if (!fieldsOfInputs(result_.network, result_.samples, result_.preprocessing))
    return Error{ErrorCode::Unsupported,
                 "the names of the model's layers do not tell which of its inputs is the table",
                 {},
                 "Name the input layer of the table 'table', and no other layer"};
  for (std::size_t o = 0; o < outputs_.size(); ++o) {
    const Layer& layer = *result_.network.find(outputs_[o]);
    if (endsIn(layer, "softmax") && units[o].scales())
      return Error{ErrorCode::Unsupported, "scales probabilities", model_.outputs[o],
                   "Remove the layer and save the model again"};
    describeOutput(layer, units[o]);
  }
  return success();
}

void Converter::describeInputs(std::span<const InputScaling> scalings) {
  const std::vector<LayerId> inputs = result_.network.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Shape& sample = result_.samples[i];
    const InputScaling& scaling = scalings[i];
    const bool image = sample.rank() == 3, several = inputs.size() > 1;
    if (readsTokens(*result_.network.find(inputs[i])))
      result_.notes.push_back(
          "The file does not contain the vocabulary of the tokens, so `tandem infer` reads their numbers, with 0 after "
          "the end of a sample");
    const std::string& name = result_.network.find(inputs[i])->name;
    std::vector<Field> fields = unnamedFields(sample, {}).fields;
    fields.pop_back();  // the target
    if (image && several) fields[0].name = name;
    // Images are read as levels divided by 255.
    if (image && !scaling.rescales)
      result_.notes.push_back(
          (several ? "The model contains no Rescaling layer for " + inQuotes(name)
                   : std::string("The model contains no Rescaling layer")) +
          ", so image levels are divided by 255. If it was trained on levels from 0 to 255, insert Rescaling(1.0) "
          "after its input");
    const double levels = image && scaling.rescales ? 255 : 1;
    const std::size_t channels = scaling.factor.size();
    const auto count = image ? channels : static_cast<std::size_t>(sample.elements());
    for (std::size_t n = 0; channels > 0 && n < count; ++n) {
      const double factor = scaling.factor[n % channels] * levels;
      Field& field = fields[image ? 0 : n];
      field.mean.push_back(-scaling.offset[n % channels] / factor);
      field.scale.push_back(factor);
    }
    std::ranges::move(fields, std::back_inserter(result_.preprocessing.fields));
  }
}

void Converter::describeOutput(const Layer& layer, const TargetUnit& unit) {
  const bool several = outputs_.size() > 1;
  ModelOutput& output = result_.outputs.emplace_back(ModelOutput{layer.name});
  if (endsIn(layer, "softmax")) output.meaning = OutputMeaning::Probabilities;
  const std::string name = several ? layer.name : "target";
  const std::size_t count = std::max<std::size_t>(1, unit.mean.size());
  for (std::size_t i = 0; i < count; ++i) {
    Field target{.name = count > 1 ? uniqueName(name + " " + std::to_string(i + 1)) : name,
                 .role = FieldRole::Target};
    if (unit.scales()) {
      target.mean = {unit.mean[i]};
      target.scale = {unit.scale[i]};
    }
    if (several) output.targets.push_back(target.name);
    result_.preprocessing.fields.push_back(std::move(target));
  }
}

// Written by Tandem, but as untrusted as the rest of the file.
Status Converter::readDescription() {
  TANDEM_ASSIGN(result_.preprocessing,
                preprocessingFromJson(textAt(model_.description, "preprocessing"), {}));
  TANDEM_TRY(renameInputs());
  if (!fieldsOfInputs(result_.network, result_.samples, result_.preprocessing))
    return invalid(std::string("the description of the data does not fit the model's input") +
                       (result_.samples.size() > 1 ? "s" : ""),
                   {}, "Export the model again");
  return readOutputs();
}

Status Converter::renameInputs() {
  const auto names = model_.description.find("inputs");
  if (names == model_.description.end()) return success();
  if (!names->is_object()) return damagedDescription("it does not list the names of the inputs");
  for (const auto& [layer, name] : names->items()) {
    const auto id = inputs_.find(layer);
    if (id == inputs_.end() || !name.is_string())
      return damagedDescription("it does not name the input " + inQuotes(layer));
    TANDEM_TRY(result_.network.rename(id->second, name.get<std::string>()));
  }
  return success();
}

Status Converter::readOutputs() {
  for (const LayerId id : outputs_) result_.outputs.push_back({result_.network.find(id)->name});
  const auto list = model_.description.find("outputs");
  if (list == model_.description.end()) {
    if (outputs_.size() > 1) return damagedDescription("it does not list the model's outputs");
    result_.outputs[0].meaning =
        meaningOf(textAt(model_.description, "output")).value_or(OutputMeaning::Values);
    return success();
  }
  if (!list->is_array() || list->size() != outputs_.size())
    return damagedDescription("it does not list the model's outputs");
  for (std::size_t o = 0; o < outputs_.size(); ++o) {
    ModelOutput& output = result_.outputs[o];
    const auto entry = std::ranges::find_if(
        *list, [&](const Json& each) { return textAt(each, "layer") == model_.outputs[o]; });
    if (entry == list->end())
      return damagedDescription("it does not list the output " + inQuotes(model_.outputs[o]));
    const auto meaning = meaningOf(textAt(*entry, "meaning"));
    if (!meaning) return damagedDescription("the meaning of " + inQuotes(model_.outputs[o]) + " is unknown");
    output.meaning = *meaning;
    const auto targets = entry->find("targets");
    if (targets == entry->end() || !targets->is_array() || targets->size() > kMaxTargets ||
        !std::ranges::all_of(*targets, [](const Json& each) { return each.is_string(); }))
      return damagedDescription("the targets of " + inQuotes(model_.outputs[o]) + " are not a list of names");
    output.targets = targets->get<std::vector<std::string>>();
    TANDEM_TRY(fieldsOfOutput(output, result_.preprocessing));
  }
  return success();
}

}  // namespace tandem::keras
