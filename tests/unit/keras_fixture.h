// Writes networks as Keras files and reads them again.
#pragma once

#include <gtest/gtest.h>

#include "core/hdf5/hdf5.h"
#include "core/io/keras/keras.h"
#include "core/json/parse.h"
#include "core/network/analysis.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {

class KerasTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::filesystem::path file() const { return folder_ / "model.h5"; }

  // Each weight of the network, filled with distinct values.
  static std::vector<ImportedModel::Weight> weightsOf(const Network& network) {
    Program program;
    lowerNetwork(network, 1, false, 0, program).value();
    std::vector<ImportedModel::Weight> weights;
    for (const auto* list : {&program.parameters, &program.states})
      for (const ParameterInfo& info : *list) {
        std::vector<float> values(static_cast<std::size_t>(info.shape.elements()));
        for (std::size_t i = 0; i < values.size(); ++i)
          values[i] = static_cast<float>(weights.size()) + static_cast<float>(i) / 1024;
        weights.push_back({info.name, info.shape, std::move(values)});
      }
    return weights;
  }

  Status write(const Network& network, const std::vector<ImportedModel::Weight>& weights,
               const std::optional<KerasData>& data = std::nullopt, std::vector<Head> heads = {Head{}}) {
    Project project;
    project.network = network;
    project.training.heads = std::move(heads);
    std::vector<WeightView> views;
    for (const auto& weight : weights) views.push_back({weight.name, weight.shape, weight.values});
    return exportKeras(project, views, file(), data);
  }

  // Writes the network with its data and reads it again.
  ImportedModel restored(const Network& network, const KerasData& data, std::vector<Head> heads) {
    const Status written = write(network, weightsOf(network), data, heads);
    EXPECT_TRUE(written.ok()) << written.error().text();
    auto read = importKeras(file());
    EXPECT_TRUE(read.ok()) << read.error().text();
    // What the network neither reads nor predicts is ignored.
    Project project;
    project.network = network;
    project.training.heads = std::move(heads);
    Preprocessing expected = data.preprocessing;
    std::vector<std::string> inputs;
    for (const InputFields& each : read->preprocessing.inputs()) inputs.push_back(each.name);
    ignoreUnused(expected, inputs, modelOutputs(project));
    EXPECT_EQ(read->preprocessing, expected);
    return *std::move(read);
  }

  Json configOfFile() const {
    return *parseJson(Hdf5File::open(file())->root().text("model_config").value());
  }
  // The configuration of a layer in the file.
  static Json layerOf(const Json& config, std::string_view name) {
    for (const Json& layer : config["config"]["layers"])
      if (layer["config"]["name"] == name) return layer["config"];
    ADD_FAILURE() << "no layer " << name;
    return {};
  }

  static void expectSame(const Network& got, const Network& wanted) {
    EXPECT_EQ(got.layers().size(), wanted.layers().size());
    for (const Layer& layer : wanted.layers()) {
      const Layer* other = got.findByName(layer.name);
      ASSERT_TRUE(other) << layer.name;
      EXPECT_EQ(other->type, layer.type);
      EXPECT_EQ(other->properties, layer.properties) << layer.name << ": " << other->properties.text();
      ASSERT_EQ(other->inputs.size(), layer.inputs.size()) << layer.name;
      for (std::size_t i = 0; i < layer.inputs.size(); ++i)
        EXPECT_EQ(got.nameOf(other->inputs[i]), wanted.nameOf(layer.inputs[i]));
    }
  }
};

}  // namespace tandem
