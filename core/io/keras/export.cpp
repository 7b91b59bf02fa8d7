#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/hdf5/hdf5.h"
#include "core/io/keras/describe.h"
#include "core/io/keras/keras.h"
#include "core/io/keras/model_file.h"
#include "core/io/keras/network_facts.h"
#include "core/network/preprocessing_json.h"
#include "core/network/repeat.h"

namespace tandem {
namespace {

using keras::KerasLayer;
using Names = std::vector<std::string>;

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

// What is written, and what it means.
struct Model {
  std::vector<KerasLayer> layers;
  Names inputs;                     // names of layers
  Json renamedInputs;               // the drawn layers' names of several inputs that have other ones in Keras
  std::vector<InputFields> fields;  // of each input
  std::vector<ModelOutput> outputs;  // with names of Keras layers

  // The format is that of Keras 2, so files declare this version unless a layer needs a later one.
  std::string_view kerasVersion() const {
    if (std::ranges::find(layers, "RMSNormalization", &KerasLayer::className) != layers.end()) return "3.9.0";
    const auto recent = [](const KerasLayer& layer) {
      return keras::needsKeras3(keras::textAt(layer.config, "activation")) || !layer.arguments.is_null();
    };
    return std::ranges::any_of(layers, recent) ? "3.0.0" : "2.15.0";
  }
  Names outputNames() const {
    Names names;
    for (const ModelOutput& output : outputs) names.push_back(output.layer);
    return names;
  }
  bool isChain() const {
    for (std::size_t i = 1; i < layers.size(); ++i)
      if (layers[i].inputs != Names{layers[i - 1].name} || !layers[i].arguments.is_null()) return false;
    return inputs.size() == 1 && outputs.size() == 1;
  }
};

Json endsOf(const Names& layers) {
  Json ends = Json::array();
  for (const std::string& name : layers) ends.push_back(Json::array({name, 0, 0}));
  return ends;
}

// The call of a layer whose inputs differ in meaning, as Keras 3 writes it.
Json callOf(const KerasLayer& layer) {
  Json tensors = Json::array();
  for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
    Json shape = Json::array({nullptr});
    for (const std::int64_t extent : layer.shapes[i].dims()) shape.push_back(extent);
    Json config = {{"shape", std::move(shape)}, {"dtype", "float32"}};
    config["keras_history"] = Json::array({layer.inputs[i], 0, 0});
    tensors.push_back({{"class_name", "__keras_tensor__"}, {"config", std::move(config)}});
  }
  return {{"args", std::move(tensors)}, {"kwargs", layer.arguments}};
}

// The model as Keras 2 writes it, which Keras 3 can also read, apart from calls that Keras 3 cannot read in that form.
Json modelConfig(const Model& model) {
  const bool chain = model.isChain();
  Json list = Json::array();
  for (const KerasLayer& layer : model.layers) {
    Json config = {{"name", layer.name}};
    config.update(layer.config);
    Json entry = {{"class_name", layer.className}, {"config", std::move(config)}};
    if (!chain) {
      Json call = layer.arguments.is_null() ? Json::array() : callOf(layer);
      if (layer.arguments.is_null())
        for (const std::string& from : layer.inputs)
          call.push_back(Json::array({from, 0, 0, Json::object()}));
      entry["name"] = layer.name;
      entry["inbound_nodes"] = call.empty() ? Json::array() : Json::array({std::move(call)});
    }
    list.push_back(std::move(entry));
  }
  Json config = {{"name", "tandem"}, {"layers", std::move(list)}};
  if (!chain) {
    config["input_layers"] = endsOf(model.inputs);
    config["output_layers"] = endsOf(model.outputNames());
  }
  return {{"class_name", chain ? "Sequential" : "Functional"}, {"config", std::move(config)}};
}

// For importKeras().
Json descriptionOf(const Model& model, const Preprocessing& preprocessing) {
  Json description = Json::object();
  if (model.outputs.size() == 1 && model.outputs[0].targets.empty()) {
    description["output"] = nameOf(model.outputs[0].meaning);
  } else {
    Json& outputs = description["outputs"] = Json::array();
    for (const ModelOutput& output : model.outputs)
      outputs.push_back(
          {{"layer", output.layer}, {"meaning", nameOf(output.meaning)}, {"targets", output.targets}});
  }
  if (!model.renamedInputs.empty()) description["inputs"] = model.renamedInputs;
  for (const KerasLayer& layer : model.layers)
    if (!layer.original.empty()) description["layers"][layer.name] = layer.original;
  description["preprocessing"] = toJson(preprocessing);
  return description;
}

Status writeWeights(Hdf5Group& root, const Model& model) {
  const std::vector<KerasLayer>& layers = model.layers;
  TANDEM_ASSIGN(Hdf5Group group, root.createGroup("model_weights"));
  Names layerNames;
  for (const KerasLayer& layer : layers) layerNames.push_back(layer.name);
  TANDEM_TRY(setNames(group, "layer_names", layerNames));
  TANDEM_TRY(group.setText("backend", "tensorflow"));
  TANDEM_TRY(group.setText("keras_version", model.kerasVersion()));
  for (const KerasLayer& layer : layers) {
    TANDEM_ASSIGN(Hdf5Group own, group.createGroup(layer.name));
    Names weightNames;
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

// Keras normalizes along the last dimension of an input.
Status checkScaling(const InputFields& fields, const Shape& sample) {
  const std::vector<double> means = fields.mean(), scales = fields.scale();
  const bool plain = std::ranges::all_of(means, [](double mean) { return mean == 0; }) &&
                     std::ranges::all_of(scales, [](double scale) { return scale == 1; });
  if (plain || fields.isImage() || std::cmp_equal(means.size(), sample[-1])) return success();
  return Error{ErrorCode::Unsupported,
               "each number of a sample of " + sample.text() +
                   " is normalized by itself, but Keras normalizes along the last dimension",
               fields.name,
               "Turn off the normalization of the data and train again, or use `tandem export --bare`"};
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

Status writeFactors(Hdf5Group& root, const std::string& what, const std::string& end,
                    const std::vector<double>& mean, const std::vector<double>& scale) {
  const Shape shape{std::ssize(mean)};
  TANDEM_TRY(root.write(what + "_mean" + end, shape, std::span<const double>(mean)));
  TANDEM_TRY(root.write(what + "_scale" + end, shape, std::span<const double>(scale)));
  return success();
}

// The description for programs that read attributes.
Status writeAttributes(Hdf5Group& root, const KerasData& data, const Model& model) {
  const auto endOf = [](const Names& names, std::size_t i) { return names.size() > 1 ? "_" + names[i] : ""; };
  for (std::size_t i = 0; i < model.inputs.size(); ++i) {
    const std::string end = endOf(model.inputs, i);
    if (!model.fields[i].isText()) {
      TANDEM_TRY(setNames(root, "feature_names" + end, model.fields[i].names()));
      continue;
    }
    const Field& text = *model.fields[i].fields[0];
    TANDEM_TRY(setNames(root, "vocabulary" + end, text.categories));
    TANDEM_TRY(root.setText("text_unit" + end, nameOf(text.text.unit)));
    TANDEM_TRY(root.setText("text_lower_case" + end, text.text.lowerCase ? "true" : "false"));
  }
  for (std::size_t o = 0; o < model.outputs.size(); ++o) {
    const ModelOutput& output = model.outputs[o];
    const std::string end = endOf(model.outputNames(), o);
    TANDEM_ASSIGN(const auto targets, keras::fieldsOfOutput(output, data.preprocessing));
    if (targets.size() == 1 && !targets[0]->categories.empty())
      TANDEM_TRY(setNames(root, "class_names" + end, targets[0]->categories));
    if (targets.size() > 1) TANDEM_TRY(setNames(root, "target_names" + end, keras::valueNames(targets)));
    TANDEM_TRY(root.setText("tandem_output" + end, nameOf(output.meaning)));
    const keras::TargetUnit unit = keras::unitOf(targets);
    if (data.bare && keras::predictsNumbers(output.meaning, targets) && unit.scales())
      TANDEM_TRY(writeFactors(root, "target", end, unit.mean, unit.scale));
  }
  for (std::size_t i = 0; data.bare && i < model.inputs.size(); ++i)
    if (!model.fields[i].isText())
      TANDEM_TRY(writeFactors(root, "feature", endOf(model.inputs, i), model.fields[i].mean(),
                              model.fields[i].scale()));
  return success();
}

// The layers of the trained network that the heads are trained on; each has one output, which Keras supports.
Result<std::vector<LayerId>> outputLayers(const Project& project, const ExpandedNetwork& expanded) {
  std::vector<LayerId> outputs;
  std::set<Source> trained;
  for (const Head& head : project.training.heads) {
    TANDEM_ASSIGN(const Source source, outputOf(head, project.network));
    const LayerId drawn = source.layer;
    LayerId last = drawn;  // of its repetitions
    int repetition = 1;
    for (const auto& [copy, origin] : expanded.copies) {
      if (origin.layer != drawn || origin.repetition <= repetition) continue;
      last = copy;
      repetition = origin.repetition;
    }
    const Layer& layer = *project.network.find(drawn);
    if (!trained.insert(source).second)
      return invalid("two heads are trained on this output", project.network.nameOf(source));
    if (layer.type == "input") return invalid("a head is trained on an input", layer.name);
    outputs.push_back(last);
  }
  for (const Source& leaf : expanded.network.outputs())
    if (std::ranges::find(outputs, leaf.layer) == outputs.end())
      return invalid("no head is trained on this output", expanded.network.find(leaf.layer)->name,
                     "Add a head for it in the training settings, or remove the layer");
  return outputs;
}

// The fields that each input reads.
Result<std::vector<InputFields>> fieldsOf(const Project& project, const Analysis& analysis,
                                          const Preprocessing& preprocessing) {
  std::vector<Shape> samples;
  std::string text;
  for (const LayerId id : project.network.inputs()) {
    samples.push_back(*analysis.layers.at(id).output);
    text += (text.empty() ? "" : " and ") + samples.back().text();
  }
  auto fields = keras::fieldsOfInputs(project.network, samples, preprocessing);
  if (!fields) return invalid("the description of the data does not fit samples of " + text, project.name);
  return *std::move(fields);
}

// Appends what turns the values of an output into an answer: the activation of its loss, and the unit of its targets.
Status complete(LayerId id, const Shape& shape, const std::string& prefix, const Preprocessing& preprocessing,
                keras::Describer& describer, ModelOutput& output) {
  TANDEM_ASSIGN(const auto targets, keras::fieldsOfOutput(output, preprocessing));
  if (const std::string_view activation = activationFor(output.meaning); !activation.empty()) {
    describer.activate(id, activation, prefix);
    output.meaning = OutputMeaning::Probabilities;
  }
  if (!keras::predictsNumbers(output.meaning, targets)) return success();
  output.meaning = OutputMeaning::Values;
  const keras::TargetUnit unit = keras::unitOf(targets);
  if (!unit.scales()) return success();
  if (unit.mean.size() > 1 && std::cmp_not_equal(unit.mean.size(), shape[-1]))
    return invalid("the description of the data does not fit outputs of " + shape.text(), output.layer);
  describer.scaleOutput(id, unit, prefix);
  return success();
}

}  // namespace

std::vector<std::string> exportNotes(const Preprocessing& preprocessing) {
  constexpr double kTargetError = 1e-3;  // in standard deviations: rounding the answer affects nothing else
  std::vector<const Field*> inputs, targets;
  for (const Field& field : preprocessing.fields)
    if (field.role == FieldRole::Feature && field.exceedsFloat32 && !field.mean.empty())
      inputs.push_back(&field);
  for (const Field* target : preprocessing.targets())
    if (isScaled(*target) && float32Step(target->mean[0]) / 2 * std::abs(target->scale[0]) > kTargetError)
      targets.push_back(target);
  std::vector<std::string> notes;
  if (!inputs.empty())
    notes.push_back(
        "Keras " + coarseText("reads inputs", inputs) +
        "; its answers differ from those of `tandem infer`, which reads them in double precision");
  if (!targets.empty())
    notes.push_back("Keras " + coarseText("returns answers", targets) +
                    "; `tandem infer` computes them in double precision");
  return notes;
}

Status exportKeras(const Project& project, std::span<const WeightView> weights,
                   const std::filesystem::path& file, const std::optional<KerasData>& given) {
  std::optional<KerasData> data = given;
  const bool bare = !data || data->bare;
  if (const Analysis drawn = analyze(project.network); !drawn.ok()) return drawn.problems.front().error;
  // Keras has no repeated blocks.
  TANDEM_ASSIGN(const ExpandedNetwork expanded, expandRepeats(project.network));
  const Network& network = expanded.network;
  const Analysis analysis = analyze(network);
  TANDEM_ASSIGN(const std::vector<LayerId> ends, outputLayers(project, expanded));
  Model model;
  if (data) {
    TANDEM_ASSIGN(model.fields, fieldsOf(project, analysis, data->preprocessing));
    // The model's callers need not provide what the network does not read.
    std::vector<std::string> names;
    for (const InputFields& fields : model.fields) names.push_back(fields.name);
    ignoreUnused(data->preprocessing, names, modelOutputs(project));
    if (!bare) TANDEM_TRY(checkRange(data->preprocessing));
    TANDEM_ASSIGN(model.fields, fieldsOf(project, analysis, data->preprocessing));
  }

  TANDEM_TRY(keras::checkWeights(network, weights));
  TANDEM_TRY(keras::checkLengths(network, analysis));
  keras::Describer describer(network, analysis, weights, model.layers);
  TANDEM_ASSIGN(const std::vector<LayerId> order, network.order());
  const std::vector<LayerId> inputs = network.inputs();
  model.inputs.resize(inputs.size());
  for (const LayerId id : order) {
    TANDEM_TRY(describer.describe(*network.find(id)));
    const auto input = static_cast<std::size_t>(std::ranges::find(inputs, id) - inputs.begin());
    if (input == inputs.size()) continue;
    model.inputs[input] = describer.outputName(id);
    const std::string& name = network.find(id)->name;
    if (inputs.size() > 1 && name != model.inputs[input]) model.renamedInputs[model.inputs[input]] = name;
    const std::string prefix = inputs.size() > 1 ? name + "_" : "";
    if (bare) continue;
    TANDEM_TRY(checkScaling(model.fields[input], *analysis.layers.at(id).output));
    describer.scaleInput(id, model.fields[input], prefix);
  }
  model.outputs = modelOutputs(project);
  for (std::size_t o = 0; o < ends.size(); ++o) {
    ModelOutput& output = model.outputs[o];
    const std::string prefix = ends.size() > 1 ? output.layer + "_" : "";
    if (!bare)
      TANDEM_TRY(complete(ends[o], *analysis.layers.at(ends[o]).output, prefix, data->preprocessing,
                          describer, output));
    output.layer = describer.outputName(ends[o]);
  }
  keras::sortLikeKeras(model.layers, model.outputNames());

  TANDEM_ASSIGN(Hdf5File created, Hdf5File::create(file));
  Json config = modelConfig(model);
  if (data) {
    config[keras::kDescriptionKey] = descriptionOf(model, data->preprocessing);
    TANDEM_TRY(writeAttributes(created.root(), *data, model));
  }
  TANDEM_TRY(created.root().setText("keras_version", model.kerasVersion()));
  TANDEM_TRY(created.root().setText("backend", "tensorflow"));
  TANDEM_TRY(created.root().setText("model_config", config.dump()));
  TANDEM_TRY(writeWeights(created.root(), model));
  return created.commit();
}

}  // namespace tandem
