#include <algorithm>

#include "core/io/hdf5.h"
#include "core/io/keras/describe.h"
#include "core/io/keras/keras.h"
#include "core/io/keras/network_facts.h"
#include "core/network/repeat.h"

namespace tandem {
namespace {

using keras::KerasLayer;

// The most an attribute can hold; Keras splits longer lists the same way: "layer_names0", "layer_names1", ...
constexpr std::size_t kAttributeBytes = 64512;

Status setNames(Hdf5Group& group, const std::string& attribute, std::span<const std::string> names) {
  std::size_t longest = 1;
  for (const std::string& name : names) longest = std::max(longest, name.size());
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

}  // namespace

Status exportKeras(const Project& project, const Shape& sample, std::span<const WeightView> weights,
                   const std::filesystem::path& file) {
  if (const Analysis drawn = analyze(project.network); !drawn.ok()) return drawn.problems.front().error;
  TANDEM_ASSIGN(const WrittenOut written, writeOut(project.network));  // Keras has no repeated blocks
  const Network& network = written.network;
  const Analysis analysis = analyze(network);
  const auto input = network.inputLayer(), output = network.outputLayer();
  TANDEM_CHECK(input && output, "an analysed network has one input and one output");
  const Shape inputShape = *analysis.layers.at(*input).output;
  if (inputShape != sample)
    return invalid(
        "the network expects samples of " + inputShape.text() + ", but the weights are for " + sample.text(),
        project.name);

  TANDEM_TRY(keras::checkWeights(network, weights));
  std::vector<KerasLayer> layers;
  keras::Describer describer(network, analysis, weights);
  TANDEM_ASSIGN(const std::vector<LayerId> order, network.order());
  for (const LayerId id : order) TANDEM_TRY(describer.describe(*network.find(id), layers));
  keras::sortLikeKeras(layers, describer.outputName(*output));

  TANDEM_ASSIGN(Hdf5File model, Hdf5File::create(file));
  const Json config = modelConfig(layers, describer.outputName(*input), describer.outputName(*output));
  // The format is that of Keras 2 with TensorFlow, so the file declares these.
  TANDEM_TRY(model.root().setText("keras_version", "2.15.0"));
  TANDEM_TRY(model.root().setText("backend", "tensorflow"));
  TANDEM_TRY(model.root().setText("model_config", config.dump()));
  TANDEM_TRY(writeWeights(model.root(), layers));
  return model.commit();
}

}  // namespace tandem
