// Frozen layers, and runs that start with the weights of a trained model.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>

#include "core/compile/compile.h"
#include "core/io/keras/keras.h"
#include "core/network/project.h"
#include "core/runtime/registry.h"
#include "core/train/export_weights.h"
#include "core/train/trainer.h"
#include "core/twin/lock_step.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

using tandem::testing::NetRunner;
using tandem::testing::NetworkBuilder;
using Values = std::map<std::string, std::vector<float>>;

Backend& cpu() {
  return **DeviceRegistry::instance().backendFor("cpu");
}

AttrValue count(std::int64_t n) {
  return n;
}

// Of points in the plane: two dense layers with batch norms, then `units` outputs.
Network pointNetwork(std::int64_t units) {
  NetworkBuilder b({2});
  b.add("dense", {{"units", count(8)}}, "a");
  b.add("batch_norm", {{"momentum", 0.5}}, "norm_a");
  b.add("activation", {}, "relu_a");
  b.add("dense", {{"units", count(6)}}, "b");
  b.add("batch_norm", {{"momentum", 0.5}}, "norm_b");
  b.add("activation", {}, "relu_b");
  b.add("dense", {{"units", count(units)}}, "end");
  return b.take();
}

void freeze(Network& network, std::initializer_list<const char*> names) {
  for (const char* name : names)
    ASSERT_TRUE(network.setTrainable(network.findByName(name)->id, false).ok()) << name;
}

Project moons() {
  Project project;
  project.name = "moons";
  project.network = pointNetwork(2);
  project.data.generator = "moons";
  project.data.count = 300;
  project.training.epochs = 3;
  project.training.batch = 32;
  project.training.device.threads = 1;
  EXPECT_TRUE(project.training.optimizer.set(kLearningRate, 0.01).ok());
  return project;
}

// Collects what a run reports at its start.
class Notes : public TrainObserver {
 public:
  void onStart(const Plan&) override {}
  void onStep(const StepRecord&) override {}
  void onEvent(const TrainEvent& event) override {
    if (event.kind == EventKind::Note) text += event.text + "\n";
  }
  void onProfile(const ProfileRecord&) override {}
  std::string text;
};

struct Outcome {
  Checkpoint checkpoint;  // with the weights of its last step
  std::filesystem::path file;
  std::string notes;
};

Result<std::unique_ptr<Trainer>> trainerOf(const Project& project, const std::filesystem::path& folder,
                                           TrainObserver* observer = nullptr,
                                           std::optional<std::filesystem::path> resume = {}) {
  TANDEM_ASSIGN(auto data, loadDataset(trainingData(project)));
  TrainerSetup setup{.project = project, .data = data, .backend = &cpu(), .folder = folder};
  setup.resume = std::move(resume);
  if (observer) setup.observers.push_back(observer);
  return Trainer::create(std::move(setup));
}

Outcome train(const Project& project, const std::filesystem::path& folder,
              std::optional<std::filesystem::path> resume = {}) {
  Outcome run;
  Notes notes;
  auto trainer = trainerOf(project, folder, &notes, std::move(resume));
  EXPECT_TRUE(trainer.ok()) << trainer.error().text();
  if (!trainer.ok()) return run;
  (*trainer)->start();
  const TrainResult result = (*trainer)->join();
  EXPECT_FALSE(result.error) << result.error->text();
  run.file = result.weights;
  run.notes = notes.text;
  auto checkpoint = loadWeights(run.file, Weights::Last);
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.error().text();
  if (checkpoint.ok()) run.checkpoint = *std::move(checkpoint);
  return run;
}

// All weights and statistics, trained or not.
Values valuesOf(const Checkpoint& checkpoint) {
  Values values;
  for (const auto* arrays : {&checkpoint.parameters, &checkpoint.states})
    for (const NamedArray& array : *arrays) values[array.name] = array.values;
  return values;
}

Values initialValues(const Plan& plan) {
  Values values;
  const auto add = [&](const std::vector<ParameterInfo>& infos, const std::vector<float>& block) {
    for (const ParameterInfo& info : infos) {
      const auto first = block.begin() + static_cast<std::ptrdiff_t>(info.offsetBytes / sizeof(float));
      values[info.name].assign(first, first + info.shape.elements());
    }
  };
  add(plan.parameters(), initialParameters(plan).value());
  add(plan.states(), initialStates(plan).value());
  return values;
}

std::shared_ptr<const Plan> planOf(const Project& project) {
  auto plan = compile(project.network, project.training, *probeDataset(project.data), cpu());
  EXPECT_TRUE(plan.ok()) << plan.error().text();
  return *plan;
}

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
    if (precision != Precision::Fp32) {
      EXPECT_TRUE(std::ranges::any_of(gradients, [](float g) { return g != 0 && std::isfinite(g); }));
      continue;
    }
    const ParameterInfo& kernel = net->plan().parameters().front();
    ASSERT_EQ(kernel.name, "a/kernel");
    double largest = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(kernel.shape.elements()); ++i) {
      const std::size_t at = kernel.offsetBytes / sizeof(float) + i;
      std::vector<float> moved = parameters;
      constexpr float kStep = 2e-3f;
      moved[at] = parameters[at] + kStep;
      const double above = lossAt(moved);
      moved[at] = parameters[at] - kStep;
      const double expected = (above - lossAt(moved)) / (2.0 * static_cast<double>(kStep));
      EXPECT_NEAR(gradients[at], expected, 2e-3) << i;
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
  Project thawed = project;
  ASSERT_TRUE(thawed.network.setTrainable(thawed.network.findByName("a")->id, true).ok());
  const auto refused = trainerOf(thawed, folder / "other", nullptr, first.file);
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
  freeze(project.network, {"b"});
  EXPECT_TRUE(planOf(project)) << "a frozen layer has no gradient to add a penalty to";
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

// Trained on moons, then on three classes of other points, with a new last layer.
class StartWeights : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    first_ = train(moons(), folder_ / "first");
    model_ = first_.file;
    if (!GetParam()) return;
    model_ = folder_ / "model.h5";
    ASSERT_TRUE(exportKeras(first_.checkpoint, model_, true).ok());
  }

  Project next() const {
    Project project = moons();
    project.data.generator = "circles";
    project.training.initialWeights = model_.string();
    return project;
  }

  TemporaryFolder folder_;
  Outcome first_;
  std::filesystem::path model_;
};

TEST_P(StartWeights, FrozenLayersKeepThoseOfTheModel) {
  Project project = next();
  freeze(project.network, {"a", "norm_a", "b", "norm_b"});
  // A head of another width.
  const LayerId end = project.network.findByName("end")->id;
  ASSERT_TRUE(project.network.rename(end, "new_end").ok());
  const Outcome run = train(project, folder_ / "second");
  const auto source = loadWeights(first_.file, Weights::Best);
  const Values model = valuesOf(GetParam() ? first_.checkpoint : *source), after = valuesOf(run.checkpoint);
  for (const auto& [name, values] : model)
    if (!name.starts_with("end/")) {
      EXPECT_EQ(after.at(name), values) << name;
    }
  EXPECT_NE(
      run.notes.find("Starts with the weights of 4 layers from " + model_.string() + "; not there: new_end"),
      std::string::npos)
      << run.notes;
}

TEST_P(StartWeights, LayersOfAnotherShapeAreInitialized) {
  Project project = next();
  ASSERT_TRUE(
      project.network.setProperty(project.network.findByName("b")->id, "units", std::int64_t{7}).ok());
  project.training.epochs = 1;
  const Outcome run = train(project, folder_ / "second");
  EXPECT_NE(
      run.notes.find("of 2 layers from " + model_.string() + "; of another shape there: b, norm_b, end"),
      std::string::npos)
      << run.notes;
}

TEST_P(StartWeights, ATwinStartsWithThemToo) {
  Project project = next();
  project.data.generator = "moons";
  auto data = loadDataset(trainingData(project)).value();
  auto twin = LockStep::open(project, data, parseSides({"cpu:1", "cpu:2"}).value());
  ASSERT_TRUE(twin.ok()) << twin.error().text();
  project.training.initialWeights.clear();
  auto fresh = LockStep::open(project, data, parseSides({"cpu:1", "cpu:2"}).value());
  ASSERT_TRUE(fresh.ok()) << fresh.error().text();
  const double trained = (*twin)->step()->sides[1].loss, initial = (*fresh)->step()->sides[1].loss;
  EXPECT_LT(trained, 0.8 * initial);
}

TEST_P(StartWeights, ANetworkOfOtherNamesIsRefused) {
  Project project = next();
  for (const char* name : {"a", "norm_a", "b", "norm_b", "end"})
    ASSERT_TRUE(
        project.network.rename(project.network.findByName(name)->id, std::string("other_") + name).ok());
  const auto trainer = trainerOf(project, folder_ / "second");
  ASSERT_FALSE(trainer.ok());
  EXPECT_EQ(
      trainer.error().message,
      "no layer of the network has the name and the shape of one in the file, which has a, b, end, norm_a, "
      "norm_b");
}

INSTANTIATE_TEST_SUITE_P(Trainable, StartWeights, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "Keras" : "Checkpoint"; });

TEST(Trainable, AMissingFileOfWeightsIsNamed) {
  const TemporaryFolder folder;
  Project project = moons();
  project.training.initialWeights = (folder / "gone.h5").string();
  const auto trainer = trainerOf(project, folder / "run");
  ASSERT_FALSE(trainer.ok());
  EXPECT_NE(trainer.error().text().find("gone.h5"), std::string::npos) << trainer.error().text();
  EXPECT_FALSE(std::filesystem::exists(folder / "run")) << "nothing is left of a run that cannot start";
}

// The inputs are normalized as those of the model, not by their own mean and deviation.
TEST(Trainable, TheNormalizationOfTheModelRemains) {
  const TemporaryFolder folder;
  Project project = moons();
  project.data.normalize = true;
  const Outcome first = train(project, folder / "first");
  project.data.splitSeed = 99;
  const Outcome own = train(project, folder / "own");
  project.training.initialWeights = first.file.string();
  const Outcome run = train(project, folder / "second");
  const auto fieldsOf = [](const Outcome& r) { return r.checkpoint.preprocessing.inputs()[0].mean(); };
  EXPECT_NE(fieldsOf(own), fieldsOf(first));
  EXPECT_EQ(fieldsOf(run), fieldsOf(first));
  EXPECT_NE(run.notes.find("table is normalized as for the weights in"), std::string::npos) << run.notes;
}

}  // namespace
}  // namespace tandem
