// Samples that differ in length, and tokens: from the input layer through the checks to the plan and the loader.
#include <gtest/gtest.h>

#include <cstring>

#include "core/compile/compile.h"
#include "core/data/fingerprint.h"
#include "core/network/analysis.h"
#include "core/network/propose.h"
#include "core/runtime/registry.h"
#include "tests/unit/sequence_data.h"

namespace tandem {
namespace {

using namespace testing;
using Ints = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;

Backend& cpu() {
  return **DeviceRegistry::instance().backendFor("cpu");
}

AttrValue count(std::int64_t n) {
  return n;
}

// input (shape; varies) -> layers of these types, the last of which is "it".
Network chain(const Ints& shape, const std::vector<std::pair<std::string, Attrs>>& layers,
              const Attrs& input = {{"varies", std::int64_t{1}}}) {
  Network network;
  LayerId last = *network.add("input", "in", input);
  EXPECT_TRUE(network.setProperty(last, "shape", shape).ok());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const bool end = i + 1 == layers.size();
    const LayerId id = network.add(layers[i].first, end ? "it" : "", layers[i].second).value();
    network.connect(last, id).value();
    last = id;
  }
  return network;
}

std::string firstProblem(const Network& network) {
  const Analysis analysis = analyze(network);
  return analysis.ok() ? "" : analysis.problems[0].error.text();
}

bool varies(const Network& network) {
  const Analysis analysis = analyze(network);
  EXPECT_TRUE(analysis.ok()) << firstProblem(network);
  return analysis.ok() && analysis.varies({network.findByName("it")->id, 0});
}

Texts opsOf(const Network& network) {
  Program program;
  const auto lowered = lowerNetwork(network, 4, true, 1, program);
  EXPECT_TRUE(lowered.ok()) << lowered.error().text();
  Texts names;
  for (const Node& node : program.nodes)
    if (!node.op->view) names.emplace_back(node.op->name);
  return names;
}

TEST(Sequences, AnInputAddsAValueForItsLengths) {
  Program program;
  const Network network = chain({5, 2}, {{"last_step", {}}});
  const Lowered lowered = lowerNetwork(network, 4, true, 1, program).value();
  const ValueId x = lowered.inputs.at(network.inputs()[0]);
  EXPECT_EQ(program.type(x), (TensorType{DType::F32, Shape{4, 5, 2}}));
  const ValueId lengths = program.value(x).lengths;
  ASSERT_NE(lengths, kNoValue);
  EXPECT_EQ(program.type(lengths), (TensorType{DType::I32, Shape{4}}));
  EXPECT_EQ(program.value(lengths).role, Role::Input);
  EXPECT_EQ(program.value(lengths).name, "in length");
  EXPECT_EQ(program.nodes[0].inputs, (std::vector<ValueId>{x, lengths}));
}

TEST(Sequences, LayersThatTreatEachStepByItselfKeepTheLengths) {
  for (const char* type : {"activation", "prelu", "formula", "dropout", "dense", "layer_norm", "rms_norm",
                           "spatial_dropout", "gaussian_noise", "rescaling"})
    EXPECT_TRUE(varies(chain({5, 2}, {{type, {}}}))) << type;
  EXPECT_TRUE(varies(chain({5, 2}, {{"split", {}}})));
  for (const char* type : {"add", "multiply", "subtract", "average", "maximum", "minimum", "concat"}) {
    Network network = chain({5, 2}, {{"dense", {{"units", count(2)}}}, {type, {}}});
    network.connect(network.inputs()[0], network.findByName("it")->id).value();
    EXPECT_TRUE(varies(network)) << type;
  }
  for (const char* type : {"flatten", "last_step", "global_average_pool1d", "global_max_pool1d"})
    EXPECT_FALSE(varies(chain({5, 2}, {{type, {}}}))) << type;
  EXPECT_FALSE(varies(chain({5, 2}, {{"reshape", {{"shape", Ints{5, 2}}}}})));
  EXPECT_FALSE(varies(chain({5, 2}, {{"dense", {}}}, {}))) << "the input does not vary";
}

TEST(Sequences, OtherLayersMaskWhatFollowsTheEnd) {
  const Attrs same{{"padding", std::string("same")}}, half{{"stride", count(2)}};
  EXPECT_EQ(opsOf(chain({5, 2}, {{"flatten", {}}})), Texts{"mask_steps"});
  EXPECT_EQ(opsOf(chain({5, 2}, {{"reshape", {{"shape", Ints{2, 5}}}}})), Texts{"mask_steps"});
  EXPECT_EQ(opsOf(chain({5, 2}, {{"conv1d", same}})), (Texts{"mask_steps", "conv2d", "bias_add"}));
  EXPECT_EQ(opsOf(chain({5, 2}, {{"conv1d", half}})),
            (Texts{"window_lengths", "mask_steps", "conv2d", "bias_add"}));
  EXPECT_EQ(opsOf(chain({5, 2}, {{"max_pool1d", {}}})), (Texts{"mask_steps", "window_lengths", "pool2d"}));
  EXPECT_EQ(opsOf(chain({5, 2}, {{"global_max_pool1d", {}}})), Texts{"pool_steps"});
  // A formula whose values may be infinite there; others leave the padding to later layers.
  EXPECT_EQ(opsOf(chain({5, 2}, {{"formula", {{"formula", std::string("1 / x")}}}})),
            (Texts{"formula", "mask_steps"}));
  EXPECT_EQ(opsOf(chain({5, 2}, {{"formula", {}}})), Texts{"formula"});
  // Without lengths, nothing changes.
  EXPECT_EQ(opsOf(chain({5, 2}, {{"formula", {{"formula", std::string("1 / x")}}}}, {})), Texts{"formula"});
  EXPECT_EQ(opsOf(chain({5, 2}, {{"conv1d", half}}, {})), (Texts{"conv2d", "bias_add"}));
  EXPECT_EQ(opsOf(chain({5, 2}, {{"global_max_pool1d", {}}}, {})), Texts{"pool2d"});
  EXPECT_EQ(opsOf(chain({5, 2}, {{"flatten", {}}}, {})), Texts{});
}

TEST(Sequences, WindowsShortenTheLengths) {
  const auto window = [](const char* type, const Attrs& properties) {
    const Network network = chain({9, 2}, {{type, properties}});
    Program program;
    const Lowered lowered = lowerNetwork(network, 4, true, 1, program).value();
    const LayerId id = network.findByName("it")->id;
    const ValueId lengths = program.value(lowered.outputs.at({id, 0})).lengths;
    if (lengths == program.value(lowered.inputs.at(network.inputs()[0])).lengths) return std::string("same");
    for (const Node& node : program.nodes)
      if (node.outputs[0] == lengths) return node.attrs.text();
    return std::string("none");
  };
  const std::string same = "same", causal = "causal";
  EXPECT_EQ(window("conv1d", {{"padding", same}}), "same");
  EXPECT_EQ(window("conv1d", {{"padding", causal}, {"dilation", count(2)}}), "same");
  EXPECT_EQ(window("conv1d", {{"padding", same}, {"stride", count(3)}}), "extent=1 stride=3");
  EXPECT_EQ(window("conv1d", {{"dilation", count(2)}}), "extent=5 stride=1");
  EXPECT_EQ(window("max_pool1d", {}), "extent=2 stride=2");
  EXPECT_EQ(window("max_pool1d", {{"padding", same}}), "extent=1 stride=2");
  // Of the 4 steps of the first window, one is before the sequence.
  EXPECT_EQ(window("average_pool1d", {{"padding", same}, {"window", count(4)}, {"stride", count(1)}}),
            "extent=3 stride=1");
}

TEST(Sequences, ImpossibleInputsAndLayersAreExplained) {
  EXPECT_EQ(
      firstProblem(chain({5}, {{"dense", {}}})),
      "in: samples of varying length need the shape steps, features, but it is 5. Write the most steps of a "
      "sample and the features of each, such as 100, 1");
  EXPECT_EQ(
      firstProblem(chain({5, 2}, {{"dense", {}}}, {{"values", std::string("tokens")}})),
      "in: tokens need a shape of one number, the steps, but it is 5 x 2. Write the largest number of tokens of "
      "a sample");
  EXPECT_EQ(firstProblem(chain({5}, {{"dense", {}}}, {{"values", std::string("tokens")}})),
            "it: needs numbers, but its input is tokens. Insert an embedding layer before it");
  for (const char* type : {"batch_norm", "group_norm", "instance_norm"})
    EXPECT_EQ(firstProblem(chain({5, 32}, {{type, {}}})),
              "it: cannot leave out what follows the end of samples that differ in length. Use layer or RMS "
              "normalization, which treat each step separately")
        << type;
}

TEST(Sequences, SequencesOfDifferentLengthsCannotBeMerged) {
  Network network = chain({5, 2}, {{"add", {}}});
  const LayerId other = network.add("input", "other", {{"varies", count(1)}}).value();
  ASSERT_TRUE(network.setProperty(other, "shape", Ints{5, 2}).ok());
  network.connect(other, network.findByName("it")->id).value();
  EXPECT_EQ(
      firstProblem(network),
      "it: joins sequences of different lengths: \"in length\" and \"other length\". Reduce each sequence to one "
      "vector before, for example with global pooling");
  // One that does not vary may be added to one that does.
  ASSERT_TRUE(network.setProperty(other, "varies", count(0)).ok());
  EXPECT_TRUE(varies(network));
}

TEST(Sequences, StepsDoNotBecomeColumnsOfAnImage) {
  for (const std::int64_t height : {3, 5}) {  // 5: as many as steps
    Network network = chain({5, 2}, {{"add", {}}});
    const LayerId image = network.add("input", "image", {{"shape", Ints{height, 5, 2}}}).value();
    network.connect(image, network.findByName("it")->id).value();
    EXPECT_EQ(
        firstProblem(network),
        "it: cannot join a sequence whose length varies and an input with more dimensions. Reduce the sequence "
        "to one vector before, for example with global pooling");
  }
}

TEST(Sequences, BranchesWithEqualWindowsCanBeMerged) {
  const auto merged = [](const Attrs& first, const Attrs& second) {
    Network network = chain({9, 2}, {{"conv1d", first}, {"add", {}}});
    const LayerId branch = network.add("conv1d", "branch", second).value();
    network.connect(network.inputs()[0], branch).value();
    network.connect(branch, network.findByName("it")->id).value();
    return network;
  };
  const Attrs wide{{"stride", count(2)}, {"padding", std::string("same")}};
  const Attrs narrow{{"stride", count(2)}, {"padding", std::string("same")}, {"kernel", count(1)}};
  EXPECT_TRUE(varies(merged(wide, narrow)));
  // As many steps, but those of a shorter sample end earlier.
  const Attrs two{{"kernel", count(2)}, {"stride", count(2)}},
      three{{"kernel", count(3)}, {"stride", count(2)}};
  EXPECT_EQ(firstProblem(merged(two, three))
                .find("it: joins sequences of different lengths: those after \"conv1d\" "
                      "and those after \"branch\"."),
            0u)
      << firstProblem(merged(two, three));
}

TEST(Sequences, OfInputsWithNamesTheLengthsCountAsWell) {
  Network network = chain({5, 2}, {{"subtract", {}}}, {});
  const LayerId other = network.add("input", "other", {{"varies", count(1)}}).value();
  ASSERT_TRUE(network.setProperty(other, "shape", Ints{5, 2}).ok());
  network.connect(other, network.findByName("it")->id).value();
  EXPECT_TRUE(varies(network)) << "what follows the end of the subtrahend must not count";
  ASSERT_TRUE(network.setProperty(network.findByName("in")->id, "varies", count(1)).ok());
  EXPECT_EQ(
      firstProblem(network),
      "it: joins sequences of different lengths: \"in length\" and \"other length\". Reduce each sequence "
      "to one vector before, for example with global pooling");
}

TEST(Sequences, ProjectsKeepTheProperties) {
  Project project;
  project.network = chain({5, 2}, {{"last_step", {}}});
  const std::string json = toJson(project);
  EXPECT_NE(json.find("\"varies\": true"), json.npos) << json;
  const auto read = projectFromJson(json, "test");
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->network, project.network);
  project.network =
      chain({5, 2}, {{"last_step", {}}}, {{"values", std::string("numbers")}, {"varies", count(0)}});
  const std::string without = toJson(project);
  EXPECT_EQ(without.find("\"varies\""), without.npos);
  EXPECT_EQ(without.find("\"values\""), without.npos);
}

TEST(Sequences, AnInputLayerForDataHasItsKind) {
  DataTensor tensor = sequenceData()->info.inputs[0];
  EXPECT_EQ(inputProperties(tensor), (Attrs{{"shape", Ints{5, 2}}, {"varies", count(1)}}));
  tensor = {.name = "text", .sample = Shape{7}, .classes = 100};
  EXPECT_EQ(inputProperties(tensor), (Attrs{{"shape", Ints{7}}, {"values", std::string("tokens")}}));
  tensor = {.name = "table", .sample = Shape{7}};
  EXPECT_EQ(inputProperties(tensor), (Attrs{{"shape", Ints{7}}}));
}

// The first problem with the data; its fix is applied to `network`.
std::string misfit(Network& network, const DatasetInfo& data) {
  const auto problems = checkAgainstData(network, {}, data);
  if (problems.empty()) return {};
  EXPECT_TRUE(problems[0].fix) << problems[0].error.text();
  if (problems[0].fix) {
    EXPECT_TRUE(applyFix(problems[0], network).ok());
  }
  return problems[0].error.text();
}

TEST(Sequences, TheInputLayerMustFitTheData) {
  DatasetInfo data = sequenceData()->info;
  Network network = chain({5, 2}, {{"last_step", {}}, {"dense", {{"units", count(2)}}}}, {});
  EXPECT_EQ(
      misfit(network, data),
      "in: the samples of waves differ in length, but the layer expects 5 steps. Switch on the varying length of "
      "the layer, so that padding has no influence");
  EXPECT_EQ(misfit(network, data), "");
  data.inputs[0].varies = false;
  data.lengths.clear();
  EXPECT_EQ(
      misfit(network, data),
      "in: the layer expects samples of varying length, but those of waves have one length. Switch off the "
      "varying length of the layer");
  EXPECT_EQ(misfit(network, data), "");

  network = chain({5}, {{"dense", {{"units", count(2)}}}}, {});
  data.inputs[0] = {.name = "text", .sample = Shape{5}, .classes = 30};
  EXPECT_EQ(misfit(network, data),
            "in: the layer reads numbers, but waves has tokens. Set the values of the layer to tokens");
  EXPECT_TRUE(readsTokens(*network.find(network.inputs()[0])));
}

// Each fix leads to a possible layer, although the shape and the values must change.
TEST(Sequences, TheInputLayerCanBecomeOneOfTokens) {
  DatasetInfo data = sequenceData()->info;
  data.inputs[0] = {.name = "text", .sample = Shape{7}, .classes = 30};
  data.inputs[0].varies = true;
  Network network = chain({5, 2}, {{"last_step", {}}, {"dense", {{"units", count(2)}}}});
  EXPECT_EQ(misfit(network, data),
            "in: the layer reads numbers, but waves has tokens. Set the values of the layer to tokens");
  EXPECT_FALSE(variesInLength(*network.find(network.inputs()[0])));
  network = chain({5}, {{"dense", {{"units", count(2)}}}}, {});
  for (const char* message :
       {"in: the network expects samples of 5, but waves has 7. Set the input shape to that of the data",
        "in: the layer reads numbers, but waves has tokens. Set the values of the layer to tokens"})
    EXPECT_EQ(misfit(network, data), message);
  EXPECT_EQ(firstProblem(network),
            "it: needs numbers, but its input is tokens. Insert an embedding layer before it");
}

TEST(Sequences, OutputsThatVaryNeedATargetForEachStep) {
  const DatasetInfo data = sequenceData()->info;
  const Network network = chain({5, 2}, {{"dense", {{"units", count(2)}}}});
  const auto problems = checkAgainstData(network, {}, data);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(
      problems[0].error.text(),
      "it: the output is a sequence whose length varies, but the data has no target for each of its steps: \"kind\" "
      "(classes). Reduce it to one vector per sample before, with a Last step or global pooling layer");
}

TEST(Sequences, AreNoTargets) {
  const DatasetInfo data = sequenceData()->info;
  const Network network = chain({5, 2}, {{"flatten", {}}, {"dense", {{"units", count(10)}}}});
  TrainingConfig training;
  training.heads[0].targets = {"signal"};
  training.heads[0].loss = "mse";
  const auto problems = checkAgainstData(network, training, data);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(
      problems[0].error.text(),
      "training: a head cannot be trained for inputs whose samples differ in length: \"signal\" (numbers). Choose "
      "its targets in the training settings");
}

TEST(Sequences, LengthsAreTheLastInputsOfThePlan) {
  DatasetInfo data = sequenceData()->info;
  data.weights = DataTensor{.name = "w"};
  ASSERT_EQ(data.lengthsOf(0), std::optional<std::size_t>(3));
  EXPECT_FALSE(data.isLengths(2));
  EXPECT_TRUE(data.isLengths(3));
  const Network network = chain({5, 2}, {{"last_step", {}}, {"dense", {{"units", count(2)}}}});
  TrainingConfig training;
  training.batch = 4;
  const auto plan = compile(network, training, data, cpu());
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  for (const PhasePlan* phase : {&(*plan)->train, &(*plan)->evaluate}) {
    Texts names;
    std::vector<std::size_t> tensors;
    for (const PlanInput& input : phase->inputs) {
      names.push_back(input.name);
      tensors.push_back(input.tensor);
    }
    EXPECT_EQ(names, (Texts{"signal", "kind", "w", "signal length"}));
    EXPECT_EQ(tensors, (std::vector<std::size_t>{0, 1, 2, 3}));
    EXPECT_EQ(phase->program.type(phase->inputs[3].value), (TensorType{DType::I32, Shape{4}}));
  }
  const std::vector<Source> outputs = network.outputs();
  const auto inference = compileForInference(network, outputs, 3, {}, cpu());
  ASSERT_TRUE(inference.ok()) << inference.error().text();
  ASSERT_EQ((*inference)->inputs().size(), 2u);
  EXPECT_EQ((*inference)->inputs()[1].name, "in length");
  EXPECT_EQ((*inference)->inputType(1), (TensorType{DType::I32, Shape{3}}));
}

// No kernel divides by a length of 0.
TEST(Sequences, RowsWithoutASampleHaveOneStep) {
  const auto data = sequenceData();
  const std::int64_t batch = 16;
  BatchLoader loader(data,
                     {.part = SplitPart::Validation, .batch = batch, .shuffle = false, .dropLast = false});
  const Batch* rows = loader.next();
  ASSERT_NE(rows, nullptr);
  ASSERT_EQ(rows->validRows, 8);
  ASSERT_EQ(rows->tensors.size(), 3u);
  const auto* lengths = static_cast<const std::int32_t*>(rows->tensors[2]);
  for (std::int64_t i = 0; i < batch; ++i)
    EXPECT_EQ(lengths[i],
              i < 8 ? sequenceLength(data->part(SplitPart::Validation)[static_cast<std::size_t>(i)]) : 1);
  EXPECT_EQ(static_cast<const float*>(rows->tensors[0])[8 * 10], 0);
  loader.release(rows);
}

TEST(Sequences, TheFingerprintDependsOnLengthsAndTokens) {
  const auto data = sequenceData();
  auto shorter = std::make_shared<Dataset>(*data);
  --shorter->lengths[0].classOf[4];
  EXPECT_NE(fingerprint(*shorter), fingerprint(*data));
  auto tokens = std::make_shared<Dataset>(*data);
  tokens->info.inputs[0] = {.name = "text", .sample = Shape{1}, .classes = 50};
  tokens->inputs[0] = {};
  tokens->inputs[0].classOf.assign(44, 7);
  auto other = std::make_shared<Dataset>(*tokens);
  other->inputs[0].classOf[3] = 8;
  EXPECT_NE(fingerprint(*other), fingerprint(*tokens));
  EXPECT_EQ(tokens->size(), 44);
}

}  // namespace
}  // namespace tandem
