#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/io/hdf5.h"
#include "core/io/keras/describe.h"
#include "core/io/keras/keras.h"
#include "core/io/keras/model_file.h"
#include "core/io/keras/network_facts.h"
#include "core/network/preprocessing_json.h"
#include "core/network/repeat.h"

namespace tandem {
namespace {

using keras::KerasLayer;

// The most an attribute can hold; Keras splits longer lists the same way: "layer_names0", "layer_names1", ...
constexpr std::size_t kAttributeBytes = 64512;

Status setNames(Hdf5Group& group, const std::string& attribute, std::span<const std::string> names) {
  std::size_t longest = 1;
  for (const std::string& name : names) longest = std::max(longest, name.size());
  if (longest > kAttributeBytes)
    return Error{ErrorCode::Unsupported,
                 "a name is longer than an HDF5 attribute can hold: " +
                     inQuotes(*std::ranges::max_element(names, {}, &std::string::size)),
                 attribute, "Shorten the names of columns and the values of categories"};
  const std::size_t perAttribute = kAttributeBytes / longest;
  if (names.size() <= perAttribute) return group.setTexts(attribute, names);
  for (std::size_t first = 0, part = 0; first < names.size(); first += perAttribute, ++part)
    TANDEM_TRY(group.setTexts(attribute + std::to_string(part),
                              names.subspan(first, std::min(perAttribute, names.size() - first))));
  return success();
}

bool isChain(std::span<const KerasLayer> layers) {
  for (std::size_t i = 1; i < layers.size(); ++i)
    if (layers[i].inputs != std::vector<std::string>{layers[i - 1].name}) return false;
  return true;
}

// The model as Keras 2 writes it, which Keras 3 can also read.
Json modelConfig(std::span<const KerasLayer> layers, const std::string& input, const std::string& output) {
  const bool chain = isChain(layers);
  Json list = Json::array();
  for (const KerasLayer& layer : layers) {
    Json config = {{"name", layer.name}};
    config.update(layer.config);
    Json entry = {{"class_name", layer.className}, {"config", std::move(config)}};
    if (!chain) {
      Json call = Json::array();
      for (const std::string& from : layer.inputs) call.push_back(Json::array({from, 0, 0, Json::object()}));
      entry["name"] = layer.name;
      entry["inbound_nodes"] = call.empty() ? Json::array() : Json::array({std::move(call)});
    }
    list.push_back(std::move(entry));
  }
  Json config = {{"name", "tandem"}, {"layers", std::move(list)}};
  if (!chain) {
    config["input_layers"] = Json::array({Json::array({input, 0, 0})});
    config["output_layers"] = Json::array({Json::array({output, 0, 0})});
  }
  return {{"class_name", chain ? "Sequential" : "Functional"}, {"config", std::move(config)}};
}

Status writeWeights(Hdf5Group& root, std::span<const KerasLayer> layers) {
  TANDEM_ASSIGN(Hdf5Group group, root.createGroup("model_weights"));
  std::vector<std::string> layerNames;
  for (const KerasLayer& layer : layers) layerNames.push_back(layer.name);
  TANDEM_TRY(setNames(group, "layer_names", layerNames));
  TANDEM_TRY(group.setText("backend", "tensorflow"));
  TANDEM_TRY(group.setText("keras_version", "2.15.0"));
  for (const KerasLayer& layer : layers) {
    TANDEM_ASSIGN(Hdf5Group own, group.createGroup(layer.name));
    std::vector<std::string> weightNames;
    for (const keras::Weight& weight : layer.weights) {
      weightNames.push_back(layer.name + "/" + weight.suffix + ":0");
      TANDEM_TRY(own.write<float>(weightNames.back(), weight.shape, weight.values));
    }
    TANDEM_TRY(setNames(own, "weight_names", weightNames));
  }
  return success();
}

// The inputs and outputs of a Keras model are f32, whatever its layers do.
Status checkRange(const Preprocessing& data) {
  constexpr double kLeast = 1e-30, kGreatest = 1e36;  // samples may be closer to 0 or further away
  for (const Field& field : data.fields) {
    if (field.role == FieldRole::Ignored) continue;
    for (std::size_t i = 0; i < field.scale.size(); ++i)
      if (const double spread = 1 / std::abs(field.scale[i]);
          !(spread > kLeast && spread < kGreatest && std::abs(field.mean[i]) < kGreatest))
        return Error{ErrorCode::Unsupported,
                     "a Keras model reads and returns float32, which cannot hold the values of column " +
                         inQuotes(field.name),
                     {},
                     "Change the unit of the column, or use `tandem export --bare`"};
  }
  return success();
}

double float32Step(double value) {
  const auto near = static_cast<float>(std::abs(value));
  return static_cast<double>(std::nextafter(near, INFINITY)) - static_cast<double>(near);
}

// "reads inputs as float32, which distinguishes values of 't' near 1700000100 only in steps of 128".
std::string coarseText(std::string_view what, std::span<const Field* const> fields) {
  constexpr std::size_t kShown = 5;
  std::string text = fmt::format("{} as float32, which distinguishes values of ", what);
  for (std::size_t i = 0; i < std::min(fields.size(), kShown); ++i) {
    const Field& field = *fields[i];
    const double size = std::max(1.0, std::abs(field.mean[0] * field.scale[0]));
    const int digits = std::clamp(2 + static_cast<int>(std::ceil(std::log10(size))), 3, 15);
    text += fmt::format("{}{} near {:.{}g} only in steps of {:.3g}", i == 0 ? "" : ", ", inQuotes(field.name),
                        field.mean[0], digits, float32Step(field.mean[0]));
  }
  if (fields.size() > kShown) text += fmt::format(", and {} more columns likewise", fields.size() - kShown);
  return text;
}

// The description for programs that read attributes.
Status writeAttributes(Hdf5Group& root, const KerasData& data, OutputMeaning output) {
  TANDEM_TRY(setNames(root, "feature_names", data.preprocessing.inputNames()));
  const std::vector<std::string> classes = data.preprocessing.classNames();
  if (!classes.empty()) TANDEM_TRY(setNames(root, "class_names", classes));
  TANDEM_TRY(root.setText("tandem_output", nameOf(output)));
  if (!data.bare) return success();
  if (const Field* target = data.preprocessing.target(); target && isScaled(*target))
    for (const auto& [name, value] :
         {std::pair("target_mean", target->mean[0]), std::pair("target_scale", target->scale[0])})
      TANDEM_TRY(root.write(name, Shape{1}, std::span(&value, 1)));
  for (const auto& [name, values] : {std::pair("feature_mean", data.preprocessing.mean()),
                                     std::pair("feature_scale", data.preprocessing.scale())})
    TANDEM_TRY(root.write(name, Shape{std::ssize(values)}, std::span<const double>(values)));
  return success();
}

}  // namespace

std::vector<std::string> exportNotes(const Preprocessing& preprocessing) {
  constexpr double kTargetError = 1e-3;  // in standard deviations: rounding the answer affects nothing else
  std::vector<const Field*> inputs;
  for (const Field& field : preprocessing.fields)
    if (field.role == FieldRole::Feature && field.exceedsFloat32 && !field.mean.empty())
      inputs.push_back(&field);
  std::vector<std::string> notes;
  if (!inputs.empty())
    notes.push_back(
        "Keras " + coarseText("reads inputs", inputs) +
        "; its answers differ from those of `tandem infer`, which reads them in double precision");
  if (const Field* target = preprocessing.target();
      target && isScaled(*target) &&
      float32Step(target->mean[0]) / 2 * std::abs(target->scale[0]) > kTargetError)
    notes.push_back("Keras " + coarseText("returns answers", std::span(&target, 1)) +
                    "; `tandem infer` computes them in double precision");
  return notes;
}

Status exportKeras(const Project& project, const Shape& sample, std::span<const WeightView> weights,
                   const std::filesystem::path& file, const std::optional<KerasData>& data) {
  const bool complete = data && !data->bare;
  if (const Analysis drawn = analyze(project.network); !drawn.ok()) return drawn.problems.front().error;
  // Keras has no repeated blocks.
  TANDEM_ASSIGN(const ExpandedNetwork expanded, expandRepeats(project.network));
  const Network& network = expanded.network;
  const Analysis analysis = analyze(network);
  const auto input = network.inputLayer(), output = network.outputLayer();
  TANDEM_CHECK(input && output, "an analysed network has one input and one output");
  const Shape inputShape = *analysis.layers.at(*input).output;
  if (inputShape != sample)
    return invalid(
        "the network expects samples of " + inputShape.text() + ", but the weights are for " + sample.text(),
        project.name);
  if (complete) TANDEM_TRY(checkRange(data->preprocessing));
  if (data && data->preprocessing.sample().elements() != sample.elements())
    return invalid("the description of the data does not fit samples of " + sample.text(), project.name);

  TANDEM_TRY(keras::checkWeights(network, weights));
  std::vector<KerasLayer> layers;
  keras::Describer describer(network, analysis, weights);
  TANDEM_ASSIGN(const std::vector<LayerId> order, network.order());
  std::string inputName;
  for (const LayerId id : order) {
    TANDEM_TRY(describer.describe(*network.find(id), layers));
    if (id != *input) continue;
    inputName = describer.outputName(id);
    if (complete) describer.scaleInput(id, data->preprocessing, layers);
  }
  OutputMeaning meaning = outputMeaning(project);
  if (const std::string_view activation = activationFor(meaning); complete && !activation.empty()) {
    describer.activate(*output, activation, layers);
    meaning = OutputMeaning::Probabilities;
  }
  if (const Field* target = data ? data->preprocessing.target() : nullptr;
      complete && meaning == OutputMeaning::Values && target && isScaled(*target))
    describer.scaleOutput(*output, *target, layers);
  keras::sortLikeKeras(layers, describer.outputName(*output));

  TANDEM_ASSIGN(Hdf5File model, Hdf5File::create(file));
  Json config = modelConfig(layers, inputName, describer.outputName(*output));
  if (data) {
    config[keras::kDescriptionKey] = {{"output", nameOf(meaning)},
                                      {"preprocessing", toJson(data->preprocessing)}};
    TANDEM_TRY(writeAttributes(model.root(), *data, meaning));
  }
  // The format is that of Keras 2 with TensorFlow, so the file declares these.
  TANDEM_TRY(model.root().setText("keras_version", "2.15.0"));
  TANDEM_TRY(model.root().setText("backend", "tensorflow"));
  TANDEM_TRY(model.root().setText("model_config", config.dump()));
  TANDEM_TRY(writeWeights(model.root(), layers));
  return model.commit();
}

}  // namespace tandem
