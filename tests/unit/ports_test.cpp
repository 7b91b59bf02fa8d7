// Layers with several outputs, from the network's edits through files and training to predictions.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "core/compile/compile.h"
#include "core/io/keras/keras.h"
#include "core/network/project.h"
#include "core/network/repeat.h"
#include "core/runtime/registry.h"
#include "core/train/export_weights.h"
#include "core/train/predictor.h"
#include "core/train/trainer.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

using Ints = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;

// in (4) -> trunk (8) -> split -> left, right: each reads one half
struct Branches {
  Network network;
  LayerId in = *network.add("input", "in", {{"shape", Ints{4}}});
  LayerId trunk = *network.add("dense", "trunk", {{"units", std::int64_t{8}}});
  LayerId split = *network.add("split");
  LayerId left = *network.add("dense", "left", {{"units", std::int64_t{3}}});
  LayerId right = *network.add("dense", "right", {{"units", std::int64_t{2}}});
  Branches() {
    EXPECT_TRUE(network.connect(in, trunk).ok() && network.connect(trunk, split).ok());
    EXPECT_TRUE(network.connect({split, 0}, left).ok() && network.connect({split, 1}, right).ok());
  }
};

TEST(Ports, HaveNamesThatFindThem) {
  Branches b;
  EXPECT_EQ(b.network.nameOf({b.split, 1}), "split/part_2");
  EXPECT_EQ(b.network.nameOf(b.trunk), "trunk");
  EXPECT_EQ(b.network.findSource("split/part_2"), Source(b.split, 1));
  EXPECT_EQ(b.network.findSource("split"), Source(b.split, 0));
  EXPECT_EQ(b.network.findSource("trunk"), Source(b.trunk));
  for (const char* name : {"split/part_3", "split/", "trunk/part_1", "none/part_1", ""})
    EXPECT_FALSE(b.network.findSource(name)) << name;
}

TEST(Ports, AreConnectedAndDisconnectedOneByOne) {
  Branches b;
  const Network before = b.network;
  EXPECT_FALSE(b.network.connect({b.split, 2}, b.left).ok()) << "there are two";
  EXPECT_FALSE(b.network.connect({b.split, -1}, b.left).ok());
  EXPECT_FALSE(b.network.connect({b.trunk, 1}, b.left).ok());
  EXPECT_FALSE(b.network.disconnect({b.split, 1}, b.left).ok()) << "it reads the other one";
  EXPECT_EQ(b.network, before);
  ASSERT_TRUE(b.network.disconnect({b.split, 0}, b.left).ok());
  EXPECT_TRUE(b.network.find(b.left)->inputs.empty());
  EXPECT_FALSE(b.network.connect({b.left, 0}, b.split).ok() && b.network.connect({b.split, 1}, b.left).ok())
      << "a cycle";
}

TEST(Ports, ThatAreReadRemain) {
  Branches b;
  ASSERT_TRUE(b.network.setProperty(b.split, "parts", std::int64_t{4}).ok());
  ASSERT_TRUE(b.network.connect({b.split, 3}, b.right).ok());
  const Status fewer = b.network.setProperty(b.split, "parts", std::int64_t{2});
  ASSERT_FALSE(fewer.ok());
  EXPECT_EQ(fewer.error().message, "its output 'split/part_4' is read by 'right'");
  EXPECT_EQ(outputPorts(*b.network.find(b.split)).size(), 4u);
}

TEST(Ports, AreBridgedWithTheirLayer) {
  Branches b;
  ASSERT_TRUE(b.network.remove(b.split).ok());
  EXPECT_EQ(b.network.find(b.left)->inputs, (std::vector<Source>{b.trunk}));
  EXPECT_EQ(b.network.find(b.right)->inputs, (std::vector<Source>{b.trunk}));
}

TEST(Ports, OfALayerThatNothingReadsAreAllOutputs) {
  Branches b;
  EXPECT_EQ(b.network.outputs(), (std::vector<Source>{b.left, b.right}));
  ASSERT_TRUE(b.network.disconnect({b.split, 0}, b.left).ok());
  EXPECT_EQ(b.network.outputs(), (std::vector<Source>{b.left, b.right})) << "the first part is not used";
  ASSERT_TRUE(b.network.remove(b.left).ok() && b.network.remove(b.right).ok());
  EXPECT_EQ(b.network.outputs(), (std::vector<Source>{{b.split, 0}, {b.split, 1}}));
}

TEST(Ports, HaveShapesAndCosts) {
  Branches b;
  Analysis analysis = analyze(b.network);
  ASSERT_TRUE(analysis.ok()) << analysis.problems[0].error.text();
  EXPECT_EQ(analysis.shapeOf({b.split, 1}), Shape{4});
  EXPECT_EQ(analysis.layers.at(b.split).activationBytes, 8 * sizeof(float));
  EXPECT_EQ(analysis.layers.at(b.left).parameters, 4 * 3 + 3);
  ASSERT_TRUE(b.network.setProperty(b.split, "parts", std::int64_t{3}).ok());
  analysis = analyze(b.network);
  ASSERT_EQ(analysis.problems.size(), 1u);
  EXPECT_EQ(analysis.problems[0].error.where, "split");
  EXPECT_EQ(analysis.problems[0].error.message,
            "divides its input into 3 equal parts, but the input has 8 channels");
  EXPECT_FALSE(analysis.shapeOf({b.split, 1}));
  EXPECT_FALSE(analysis.shapeOf(b.left));
}

TEST(Ports, AreStoredByName) {
  Branches b;
  Project project;
  project.network = b.network;
  project.training.heads = {Head{.output = "left", .targets = {"x"}},
                            Head{.output = "right", .targets = {"y"}}};
  const std::string json = toJson(project);
  EXPECT_NE(json.find("\"split/part_2\""), std::string::npos);
  const auto again = projectFromJson(json, "p");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(*again, project);
  const auto reading = [&](const std::string& source) {
    std::string changed = json;
    changed.replace(changed.find("split/part_2"), 12, source);
    const auto read = projectFromJson(changed, "p");
    return read.ok() ? std::string() : read.error().where + ": " + read.error().message;
  };
  EXPECT_EQ(reading("split/part_3"), "p: layers[4].inputs[0]: the layer 'split' has no output 'part_3'");
  EXPECT_EQ(reading("trunk/part_1"), "p: layers[4].inputs[0]: the layer 'trunk' has only one output");
  EXPECT_EQ(reading("gone/part_1"), "p: layers[4].inputs[0]: there is no layer named 'gone'");
  EXPECT_EQ(reading("split"), "") << "the first output";
}

TEST(Ports, LeaveARepeatedBlock) {
  // in -> fork -> mix -> fork.2 ...; the head reads the second part of the last one.
  Network network;
  const LayerId in = *network.add("input", "in", {{"shape", Ints{8}}}),
                widen = *network.add("dense", "widen", {{"units", std::int64_t{16}}}),
                fork = *network.add("split", "fork"), out = *network.add("dense", "out");
  ASSERT_TRUE(network.connect(in, widen).ok() && network.connect(widen, fork).ok() &&
              network.connect({fork, 1}, out).ok());
  ASSERT_TRUE(network.setRepeat(*network.group({widen, fork}), 3).ok());
  const auto expanded = expandRepeats(network);
  ASSERT_TRUE(expanded.ok()) << expanded.error().text();
  const auto reads = [&](const char* name) {
    return expanded->network.nameOf(expanded->network.findByName(name)->inputs.front());
  };
  EXPECT_EQ(reads("widen"), "in");
  EXPECT_EQ(reads("widen.2"), "fork/part_2");
  EXPECT_EQ(reads("widen.3"), "fork.2/part_2");
  EXPECT_EQ(reads("out"), "fork.3/part_2");
  EXPECT_TRUE(analyze(network).ok());
  // Both parts cannot leave it.
  const LayerId other = *network.add("dense", "other");
  ASSERT_TRUE(network.connect({fork, 0}, other).ok());
  const Analysis analysis = analyze(network);
  ASSERT_EQ(analysis.problems.size(), 1u);
  EXPECT_NE(analysis.problems[0].error.message.find("several outputs: fork/part_1 and fork/part_2"),
            std::string::npos)
      << analysis.problems[0].error.message;
}

Backend& cpu() {
  return **DeviceRegistry::instance().backendFor("cpu");
}

struct Trained {
  TrainResult result;
  Checkpoint checkpoint;
};

Trained train(const Project& project, const std::filesystem::path& folder) {
  Trained trained;
  const auto data = loadDataset(trainingData(project));
  EXPECT_TRUE(data.ok()) << data.error().text();
  auto trainer = Trainer::create({.project = project, .data = *data, .backend = &cpu(), .folder = folder});
  EXPECT_TRUE(trainer.ok()) << (trainer.ok() ? "" : trainer.error().text());
  if (!trainer.ok()) return trained;
  (*trainer)->start();
  trained.result = (*trainer)->join();
  EXPECT_EQ(trained.result.state, TrainState::Finished);
  trained.checkpoint = loadWeights(trained.result.weights, Weights::Last).value();
  return trained;
}

// moons -> trunk (8) -> out (2), with or without a split and a concat of its parts in between
Project moons(bool divided) {
  Project project;
  project.data.kind = DataKind::Generated;
  project.data.generator = "moons";
  project.data.count = 200;
  project.training.epochs = 2;
  project.training.batch = 16;
  project.training.device.threads = 1;
  project.training.heads[0].loss = "softmax_cross_entropy";
  Network& network = project.network;
  const LayerId in = *network.add("input", "in", {{"shape", Ints{2}}}),
                trunk = *network.add("dense", "trunk",
                                     {{"units", std::int64_t{8}}, {"activation", std::string("tanh")}}),
                out = *network.add("dense", "out", {{"units", std::int64_t{2}}});
  EXPECT_TRUE(network.connect(in, trunk).ok());
  LayerId last = trunk;
  if (divided) {
    const LayerId split = *network.add("split", {}, {{"parts", std::int64_t{4}}});
    last = *network.add("concat");
    EXPECT_TRUE(network.connect(trunk, split).ok());
    for (int part = 0; part < 4; ++part) EXPECT_TRUE(network.connect({split, part}, last).ok());
  }
  EXPECT_TRUE(network.connect(last, out).ok());
  return project;
}

TEST(Ports, TrainExactlyLikeTheLayerWhoseOutputTheyDivide) {
  const TemporaryFolder folder;
  const Trained whole = train(moons(false), folder.path() / "whole"),
                parts = train(moons(true), folder.path() / "parts");
  const auto &a = whole.checkpoint.parameters, &b = parts.checkpoint.parameters;
  ASSERT_EQ(a.size(), b.size());
  ASSERT_EQ(a.size(), 4u);
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name, b[i].name);
    EXPECT_EQ(a[i].values, b[i].values) << a[i].name;
  }
  EXPECT_EQ(whole.result.test, parts.result.test);
}

TEST(Ports, JoinTheirGradientsIfAllAreRead) {
  const auto opsOf = [](const Project& project) {
    const auto data = loadDataset(trainingData(project)).value();
    const auto plan = compile(project.network, project.training, data->info, cpu());
    EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : plan.error().text());
    std::multiset<std::string> names;
    if (plan.ok())
      for (const Node& node : (*plan)->train.program.nodes)
        if (node.part == Part::Backward) names.emplace(node.op->name);
    return names;
  };
  Project project = moons(true);
  EXPECT_EQ(opsOf(project).count("concat"), 1u);
  EXPECT_EQ(opsOf(project).count("zero_pad"), 0u);
  // Without the second of four parts, the gradient of that part is zero.
  const LayerId split = project.network.findByName("split")->id,
                concat = project.network.findByName("concat")->id;
  ASSERT_TRUE(project.network.disconnect({split, 1}, concat).ok());
  EXPECT_EQ(opsOf(project).count("zero_pad"), 3u);
  EXPECT_EQ(opsOf(project).count("concat"), 0u);
}

// Each part of the last layer is trained by its own head.
TEST(Ports, AreTrainedByHeads) {
  const TemporaryFolder folder;
  Project project = moons(false);
  Network& network = project.network;
  const LayerId out = network.findByName("out")->id, split = *network.add("split", "ends");
  ASSERT_TRUE(network.setProperty(out, "units", std::int64_t{4}).ok() && network.connect(out, split).ok());
  const auto data = loadDataset(trainingData(project)).value();
  const std::string target = data->info.targets[0].name, input = data->info.inputs[0].name;
  auto problems = checkAgainstData(network, project.training, data->info);
  ASSERT_FALSE(problems.empty());
  EXPECT_NE(problems[0].error.message.find("ends/part_1, ends/part_2"), std::string::npos)
      << problems[0].error.message;
  project.training.heads = {Head{.output = "ends/part_1", .targets = {target}},
                            Head{.output = "ends/part_2", .targets = {input}, .loss = "mse"}};
  problems = checkAgainstData(network, project.training, data->info);
  ASSERT_TRUE(problems.empty()) << problems[0].error.text();
  const auto again = projectFromJson(toJson(project), "p");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(again->training, project.training);

  const Trained trained = train(project, folder.path());
  EXPECT_NE(findSlot(trained.result.slots, "ends/part_1 accuracy"), nullptr);
  EXPECT_NE(findSlot(trained.result.slots, "ends/part_2 loss"), nullptr);
  auto predictor = Predictor::open(trained.checkpoint, cpu(), {}, 4);
  ASSERT_TRUE(predictor.ok()) << predictor.error().text();
  ASSERT_EQ(predictor->outputs().size(), 2u);
  EXPECT_EQ(predictor->outputs()[1].layer, "ends/part_2");
  EXPECT_EQ(predictor->outputs()[1].shape, Shape{2});
  const auto refused = exportKeras(trained.checkpoint, folder.path() / "model.h5", false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "Keras has no equivalent of 'split'");
  EXPECT_EQ(refused.error().code, ErrorCode::Unsupported) << "a warning of a run that trained it";

  // One of the parts may remain unused.
  TrainingConfig first = project.training;
  first.heads.pop_back();
  problems = checkAgainstData(network, first, data->info);
  EXPECT_TRUE(problems.empty()) << problems[0].error.text();
  first.heads[0].weight = 0;
  problems = checkAgainstData(network, first, data->info);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].error.message, "all heads have the weight 0, so nothing would be trained");

  // Heads that do not fit.
  project.training.heads[1].output = "ends/part_3";
  problems = checkAgainstData(network, project.training, data->info);
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].error.message,
            "a head is trained on the output \"ends/part_3\", which the network does not have");
  project.training.heads[1].output = "ends";
  problems = checkAgainstData(network, project.training, data->info);
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].error.message, "two heads are trained on this output");
}

}  // namespace
}  // namespace tandem
