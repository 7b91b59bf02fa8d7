// Frozen layers and penalties of single layers.
#include <gtest/gtest.h>

#include <cmath>

#include "core/io/keras/keras.h"
#include "core/ops/regularize.h"
#include "core/train/export_weights.h"
#include "tests/support/net_runner.h"
#include "tests/unit/point_runs.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

using namespace tandem::testing;  // NOLINT(google-build-using-namespace)

TEST(Trainable, FrozenWeightsNeedNoGradientAndNoOptimizerState) {
  Project project = moons();
  const auto all = planOf(project);
  freeze(project.network, {"a", "norm_a"});
  const auto part = planOf(project);
  // Each weight begins at a new line of 16 floats: a (2 x 8, 8) and norm_a (8, 8) need one line each.
  EXPECT_EQ(part->parameterBytes, all->parameterBytes - 4 * 64);
  EXPECT_EQ(part->gradientBytes, part->parameterBytes);
  EXPECT_EQ(part->optimizerBytes, 2 * part->parameterBytes);
  EXPECT_EQ(part->stateBytes, all->stateBytes + 4 * 64);
  for (const ParameterInfo& info : part->parameters())
    EXPECT_FALSE(info.name.starts_with("a/") || info.name.starts_with("norm_a/")) << info.name;
  for (const Node& node : part->train.program.nodes)
    if (node.part == Part::Backward && node.layer >= 0) {
      const std::string& layer = part->train.program.layers[static_cast<std::size_t>(node.layer)];
      EXPECT_TRUE(layer != "a" && layer != "norm_a" && layer != "relu_a") << layer;
    }
  EXPECT_EQ(initialValues(*part), initialValues(*all)) << "freezing changes no initial value";
}

TEST(Trainable, TrainingChangesNeitherFrozenWeightsNorTheirStatistics) {
  const TemporaryFolder folder;
  Project project = moons();
  freeze(project.network, {"norm_a", "b"});
  const Values before = initialValues(*planOf(project));
  const Values after = valuesOf(train(project, folder / "run").checkpoint);
  ASSERT_EQ(after.size(), before.size());
  for (const auto& [name, values] : before) {
    const bool frozen = name.starts_with("norm_a/") || name.starts_with("b/");
    EXPECT_EQ(after.at(name) == values, frozen) << name;
  }
}

// The gradient of a layer before a frozen batch norm, from finite differences of the loss of an evaluation, which
// normalizes by the same statistics.
TEST(Trainable, GradientsPassThroughFrozenLayers) {
  std::vector<float> inFp32;
  for (const Precision precision : {Precision::Fp32, Precision::Bf16}) {
    Project project = moons();
    project.training.batch = 16;
    project.training.device.precision = precision;
    project.training.optimizer = "sgd";
    freeze(project.network, {"norm_a", "b", "norm_b"});
    const DatasetInfo data = *probeDataset(project.data);
    auto net = NetRunner::open(project.network, project.training, data);
    ASSERT_TRUE(net.ok()) << net.error().text();
    std::vector<float> states = initialStates(net->plan()).value();
    for (const ParameterInfo& info : net->plan().states())
      if (info.name.starts_with("norm_"))
        for (std::int64_t c = 0; c < info.shape.elements(); ++c)
          states[info.offsetBytes / sizeof(float) + static_cast<std::size_t>(c)] =
              0.5f + 0.1f * static_cast<float>((c * 3) % 7);
    ASSERT_TRUE(net->writeBlock(Role::State, states).ok());
    std::vector<float> parameters = net->readBlock(Role::Parameter, net->plan().parameterBytes).value();
    const auto batch = tandem::testing::syntheticBatch(data, 16, 3);
    const auto lossAt = [&](const std::vector<float>& at) {
      EXPECT_TRUE(net->writeBlock(Role::Parameter, at).ok());
      return static_cast<double>(net->run(Phase::Evaluate, batch.features.data(), batch.labels())->values[0]);
    };
    ASSERT_TRUE(net->run(Phase::Train, batch.features.data(), batch.labels()).ok());
    const std::vector<float> gradients = net->readBlock(Role::Gradient, net->plan().parameterBytes).value();
    const ParameterInfo& kernel = net->plan().parameters().front();
    ASSERT_EQ(kernel.name, "a/kernel");
    const bool exact = precision == Precision::Fp32;
    double largest = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(kernel.shape.elements()); ++i) {
      const std::size_t at = kernel.offsetBytes / sizeof(float) + i;
      std::vector<float> moved = parameters;
      constexpr float kStep = 2e-3f;
      moved[at] = parameters[at] + kStep;
      const double above = lossAt(moved);
      moved[at] = parameters[at] - kStep;
      const double expected = (above - lossAt(moved)) / (2.0 * static_cast<double>(kStep));
      if (exact) {
        inFp32.push_back(gradients[at]);
        EXPECT_NEAR(gradients[at], expected, 2e-3) << i;
      } else {
        EXPECT_NEAR(gradients[at], inFp32[i], 0.02) << i;
      }
      largest = std::max(largest, std::abs(expected));
    }
    EXPECT_GT(largest, 0.02);
  }
}

TEST(Trainable, NothingToTrainIsReported) {
  Project project = moons();
  freeze(project.network, {"a", "norm_a", "b", "norm_b", "end"});
  const auto problems = checkAgainstData(project.network, project.training, *probeDataset(project.data));
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].error.message, "all layers with weights are frozen, so nothing would be trained");
  const Analysis analysis = analyze(project.network);
  EXPECT_EQ(analysis.parameters, 0);
  EXPECT_EQ(analysis.untrained, 2 * 8 + 8 + 4 * 8 + 8 * 6 + 6 + 4 * 6 + 6 * 2 + 2);
}

TEST(Trainable, IsStoredWithTheLayer) {
  Project project = moons();
  freeze(project.network, {"b"});
  const std::string json = toJson(project);
  const auto read = projectFromJson(json, "test");
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(*read, project);
  EXPECT_EQ(json.find("\"trainable\""), json.rfind("\"trainable\"")) << "only what is frozen is mentioned";
  std::string wrong = json;
  wrong.replace(wrong.find("\"trainable\": false"), 18, "\"trainable\": 0    ");
  const auto refused = projectFromJson(wrong, "test");
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().text().find("layers[4].trainable"), std::string::npos) << refused.error().text();
}

TEST(Trainable, RepetitionsOfAFrozenLayerAreFrozen) {
  NetworkBuilder b({2});
  b.add("dense", {{"units", count(4)}}, "first");
  const LayerId middle = b.add("dense", {{"units", count(4)}}, "middle");
  b.add("dense", {{"units", count(2)}}, "end");
  Project project = moons();
  project.network = b.take();
  const GroupId group = *project.network.group({middle});
  ASSERT_TRUE(project.network.setRepeat(group, 3).ok());
  freeze(project.network, {"middle"});
  const auto plan = planOf(project);
  std::vector<std::string> names;
  for (const ParameterInfo& info : plan->states()) names.push_back(info.name);
  EXPECT_EQ(names, (std::vector<std::string>{"middle/kernel", "middle/bias", "middle.2/kernel",
                                             "middle.2/bias", "middle.3/kernel", "middle.3/bias"}));
  const Analysis analysis = analyze(project.network);
  EXPECT_EQ(analysis.untrained, 3 * 20);
  EXPECT_EQ(analysis.layers.at(middle).untrained, 3 * 20);
}

TEST(Trainable, LayersBeforeOneAreFoundInTheOrderOfTheNetwork) {
  const Network network = pointNetwork(2);
  std::vector<std::string> names;
  for (const LayerId id : network.upTo(network.findByName("b")->id)) names.push_back(network.find(id)->name);
  EXPECT_EQ(names, (std::vector<std::string>{"input", "a", "norm_a", "relu_a", "b"}));
  EXPECT_TRUE(network.upTo(999).empty());

  // Before the second repetition of "middle" are all members of its block.
  NetworkBuilder b({2});
  const LayerId middle = b.add("dense", {{"units", count(2)}}, "middle");
  const LayerId norm = b.add("batch_norm", {}, "norm");
  b.add("dense", {{"units", count(2)}}, "end");
  Network repeated = b.take();
  const GroupId group = *repeated.group({middle, norm});
  EXPECT_EQ(repeated.upTo(middle).size(), 2u);
  ASSERT_TRUE(repeated.setRepeat(group, 2).ok());
  EXPECT_EQ(repeated.upTo(middle), (std::vector<LayerId>{repeated.inputs()[0], middle, norm}));
}

// A run with frozen layers continues from its checkpoint as if it had not been interrupted.
TEST(Trainable, ResumesBitIdentically) {
  const TemporaryFolder folder;
  Project project = moons();
  freeze(project.network, {"a", "norm_a"});
  const Values whole = valuesOf(train(project, folder / "whole").checkpoint);
  Project part = project;
  part.training.epochs = 1;
  const Outcome first = train(part, folder / "part");
  EXPECT_EQ(valuesOf(train(project, folder / "rest", first.file).checkpoint), whole);
  Project unfrozen = project;
  ASSERT_TRUE(unfrozen.network.setTrainable(unfrozen.network.findByName("a")->id, true).ok());
  const auto refused = trainerOf(unfrozen, folder / "other", nullptr, first.file);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("a different network"), std::string::npos);
}

TEST(Trainable, IsExchangedWithKeras) {
  const TemporaryFolder folder;
  Project project = moons();
  freeze(project.network, {"a", "norm_b"});
  const Outcome run = train(project, folder / "run");
  ASSERT_TRUE(exportKeras(run.checkpoint, folder / "model.h5", true).ok());
  const auto model = importKeras(folder / "model.h5");
  ASSERT_TRUE(model.ok()) << model.error().text();
  for (const Layer& layer : model->network.layers())
    EXPECT_EQ(layer.trainable, layer.name != "a" && layer.name != "norm_b") << layer.name;
  const Values expected = valuesOf(run.checkpoint);
  for (const auto& weight : model->weights) EXPECT_EQ(weight.values, expected.at(weight.name)) << weight.name;
}

// The penalty of one layer, in addition to those of the training settings: the gradient is that of
// l1 sum|w| + l2 sum w^2 more. Frozen layers have none.
TEST(Penalties, OfALayerAreAddedToItsGradient) {
  Project project = moons();
  project.training.batch = 16;
  project.training.optimizer = "sgd";
  project.training.l2 = 0.25;
  const DatasetInfo data = *probeDataset(project.data);
  const auto batch = tandem::testing::syntheticBatch(data, 16, 3);
  const auto gradientsOf = [&](const Project& of) {
    auto net = NetRunner::open(of.network, of.training, data).value();
    EXPECT_TRUE(net.run(Phase::Train, batch.features.data(), batch.labels()).ok());
    const std::vector<float> block = net.readBlock(Role::Gradient, net.plan().parameterBytes).value();
    Values values;
    for (const ParameterInfo& info : net.plan().parameters()) {
      const auto first = block.begin() + static_cast<std::ptrdiff_t>(info.offsetBytes / sizeof(float));
      values[info.name].assign(first, first + info.shape.elements());
    }
    return values;
  };
  const Values before = gradientsOf(project), weights = initialValues(*planOf(project));
  const LayerId b = project.network.findByName("b")->id;
  ASSERT_TRUE(project.network.setProperty(b, "l1", 0.5).ok());
  ASSERT_TRUE(project.network.setProperty(b, "l2", 2.0).ok());
  for (const auto& [name, values] : gradientsOf(project))
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double w = weights.at(name)[i], penalty = 0.5 * (w > 0 ? 1 : -1) + 2 * 2.0 * w;
      EXPECT_NEAR(values[i], before.at(name)[i] + (name == "b/kernel" ? penalty : 0), 1e-5) << name;
    }
  const auto penalties = [&] {
    std::vector<std::string> layers;
    const auto plan = planOf(project);
    for (const Node& node : plan->train.program.nodes)
      if (node.op == &ops::regularize)
        layers.push_back(plan->train.program.layers[static_cast<std::size_t>(node.layer)]);
    return layers;
  };
  EXPECT_EQ(penalties(), (std::vector<std::string>{"a", "b", "end"}));
  freeze(project.network, {"b"});
  EXPECT_EQ(penalties(), (std::vector<std::string>{"a", "end"}));
  ASSERT_FALSE(project.network.setProperty(b, "l2", -1.0).ok());
}

TEST(Penalties, AreExchangedWithKeras) {
  const TemporaryFolder folder;
  Project project = moons();
  project.training.epochs = 1;
  ASSERT_TRUE(project.network.setProperty(project.network.findByName("a")->id, "l2", 0.01).ok());
  ASSERT_TRUE(project.network.setProperty(project.network.findByName("b")->id, "l1", 0.5).ok());
  const Outcome run = train(project, folder / "run");
  ASSERT_TRUE(exportKeras(run.checkpoint, folder / "model.h5", true).ok());
  const auto model = importKeras(folder / "model.h5");
  ASSERT_TRUE(model.ok()) << model.error().text();
  for (const char* name : {"a", "b", "end"})
    EXPECT_EQ(model->network.findByName(name)->properties, project.network.findByName(name)->properties)
        << name;
}

}  // namespace
}  // namespace tandem
