// The help page of each layer: it is complete, and its example is what the layer computes.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/layers/initializers.h"
#include "core/network/analysis.h"

namespace tandem {
namespace {

// The network of the example: inputs and the layer.
struct ExampleNetwork {
  Network network;
  std::vector<LayerId> inputs;
  LayerId layer = 0;
};

ExampleNetwork networkOf(const LayerDef& def) {
  ExampleNetwork example;
  for (std::size_t i = 0; i < def.help.example.inputs.size(); ++i) {
    Attrs properties{{"shape", def.help.example.inputs[i].shape}};
    if (def.readsTokens) properties.set("values", std::string("tokens"));
    example.inputs.push_back(*example.network.add("input", "in" + std::to_string(i + 1), properties));
  }
  const auto layer = example.network.add(def.type, "it", def.help.example.properties);
  EXPECT_TRUE(layer.ok()) << layer.error().text();
  if (!layer.ok()) return example;
  example.layer = *layer;
  for (const LayerId input : example.inputs) {
    const auto connected = example.network.connect(input, example.layer);
    EXPECT_TRUE(connected.ok()) << connected.error().text();
  }
  return example;
}

using Doubles = std::vector<double>;

// The weight as the example states it, or its initial value, which must not be random.
Doubles weightOf(const LayerDef& def, const ParameterInfo& info) {
  for (const ExampleWeight& weight : def.help.example.weights)
    if (info.name == "it/" + std::string(weight.name)) return weight.values;
  std::vector<float> first(static_cast<std::size_t>(info.shape.elements())), second = first;
  EXPECT_TRUE(initialize(info, 1, info.stream.value_or(0), first).ok());
  EXPECT_TRUE(initialize(info, 2, info.stream.value_or(0), second).ok());
  EXPECT_EQ(first, second) << info.name << " is random, so the example must state it";
  return {first.begin(), first.end()};
}

// Every value of the program, by the definitions of the ops.
std::vector<Doubles> computed(const Program& program, std::vector<Doubles> values) {
  for (const Node& node : program.nodes) {
    std::vector<RefTensor> in, out;
    for (const ValueId id : node.inputs) {
      in.emplace_back();
      if (id != kNoValue) in.back() = {program.type(id), values[static_cast<std::size_t>(id)]};
    }
    for (const ValueId id : node.outputs) {
      out.emplace_back();
      if (id == kNoValue) continue;
      out.back().type = program.type(id);
      out.back().data.resize(static_cast<std::size_t>(program.type(id).shape.elements()));
    }
    node.op->reference(node.attrs, in, out);
    for (std::size_t i = 0; i < out.size(); ++i)
      if (node.outputs[i] != kNoValue) values[static_cast<std::size_t>(node.outputs[i])] = out[i].data;
  }
  return values;
}

TEST(LayerHelp, EveryLayerHasAPage) {
  for (const LayerDef* def : allLayers()) {
    SCOPED_TRACE(def->type);
    EXPECT_FALSE(def->summary.empty());
    EXPECT_FALSE(def->help.formula.empty());
    EXPECT_FALSE(def->help.shapes.empty());
    if (def->maxInputs > 0) {
      EXPECT_FALSE(def->help.example.inputs.empty());
      EXPECT_FALSE(def->help.example.outputs.empty());
    }
    for (const auto& [key, value] : def->help.example.properties.items())
      EXPECT_TRUE(findProperty(def->properties, key)) << key;
  }
}

TEST(LayerHelp, ExamplesAreWhatLayersCompute) {
  for (const LayerDef* def : allLayers()) {
    if (def->maxInputs == 0) continue;
    SCOPED_TRACE(def->type);
    const LayerExample& example = def->help.example;
    const ExampleNetwork drawn = networkOf(*def);
    Program program;
    const auto lowered = lowerNetwork(drawn.network, 1, false, 1, program);
    ASSERT_TRUE(lowered.ok()) << lowered.error().text();

    std::vector<Doubles> values(program.values.size());
    for (std::size_t i = 0; i < drawn.inputs.size(); ++i)
      values[static_cast<std::size_t>(lowered->inputs.at(drawn.inputs[i]))] = example.inputs[i].values;
    std::size_t stated = 0;
    for (const auto* infos : {&program.parameters, &program.states}) {
      for (const ParameterInfo& info : *infos) {
        Doubles weight = weightOf(*def, info);
        ASSERT_EQ(static_cast<std::int64_t>(weight.size()), info.shape.elements()) << info.name;
        values[static_cast<std::size_t>(info.value)] = std::move(weight);
        for (const ExampleWeight& given : example.weights)
          stated += info.name == "it/" + std::string(given.name) ? 1 : 0;
      }
    }
    EXPECT_EQ(stated, example.weights.size()) << "the example states a weight that the layer lacks";

    values = computed(program, std::move(values));
    for (std::size_t i = 0; i < example.outputs.size(); ++i) {
      const auto output = lowered->outputs.find({drawn.layer, static_cast<int>(i)});
      ASSERT_NE(output, lowered->outputs.end());
      EXPECT_EQ(program.type(output->second).shape.withoutFirst(), Shape(example.outputs[i].shape));
      const Doubles& result = values[static_cast<std::size_t>(output->second)];
      const Doubles& expected = example.outputs[i].values;
      ASSERT_EQ(result.size(), expected.size());
      for (std::size_t k = 0; k < result.size(); ++k) EXPECT_NEAR(result[k], expected[k], 6e-4) << k;
    }
  }
}

TEST(LayerHelp, ShowsTheExampleLineByLine) {
  using Lines = std::vector<ExampleLine>;
  EXPECT_EQ(
      exampleLines(*findLayer("dense")),
      (Lines{{"input", "1, 2"}, {"units", "1"}, {"kernel", "3, 4"}, {"bias", "0.5"}, {"output", "11.5"}}));
  EXPECT_EQ(exampleLines(*findLayer("subtract")),
            (Lines{{"input minuend", "1, 2"}, {"input subtrahend", "3, 1"}, {"output", "-2, 1"}}));
  EXPECT_EQ(exampleLines(*findLayer("split")),
            (Lines{{"input", "1, 2, 3, 4"}, {"output part_1", "1, 2"}, {"output part_2", "3, 4"}}));
  EXPECT_EQ(exampleLines(*findLayer("global_max_pool1d")),
            (Lines{{"input", "1, 2, 6 (3 x 1)"}, {"output", "6"}}));
}

}  // namespace
}  // namespace tandem
