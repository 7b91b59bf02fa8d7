// Class weights: their values, and what they change in training.
#include "core/objectives/class_weights.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/ops/class_weights.h"
#include "tests/unit/data_files.h"
#include "tests/unit/point_runs.h"

namespace tandem {
namespace {

using namespace testing;

TEST(ClassWeights, AreInInverseProportionToTheFrequency) {
  EXPECT_EQ(balancedWeights(std::vector<std::int64_t>{10, 30, 0}), (std::vector<double>{2, 40.0 / 60, 1}));
  EXPECT_EQ(balancedWeights(std::vector<std::int64_t>{0, 0}), (std::vector<double>{1, 1}));
  EXPECT_TRUE(balancedWeights({}).empty());
  // The mean weight of a sample is 1.
  const std::vector<std::int64_t> counts{7, 1, 42, 9};
  const std::vector<double> weights = balancedWeights(counts);
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) sum += weights[i] * static_cast<double>(counts[i]);
  EXPECT_NEAR(sum, 59, 1e-12);
}

TEST(ClassWeights, AreAPropertyOfLossesOfClasses) {
  for (const char* loss : {"softmax_cross_entropy", "softmax_focal", "binary_cross_entropy", "binary_focal"})
    EXPECT_TRUE(LossConfig::make(loss, {{"class_weights", std::string("balanced")}}).ok()) << loss;
  for (const char* loss : {"mse", "dice", "cosine_similarity"})
    EXPECT_FALSE(LossConfig::make(loss, {{"class_weights", std::string("balanced")}}).ok()) << loss;
  TrainingConfig training;
  ASSERT_TRUE(setTraining(training, "loss.class_weights", "balanced").ok());
  EXPECT_TRUE(weightsClasses(training.heads[0].loss));
  EXPECT_FALSE(setTraining(training, "loss.class_weights", "heavy").ok());
}

TEST(ClassWeights, CanBeNumbersOfTheUser) {
  Project project = moons();
  TrainingConfig& training = project.training;
  ASSERT_TRUE(setTraining(training, "loss.class_weights", "custom").ok());
  for (const char* text : {"[1, 2.5, 0]", "1, 2.5, 0", "1 2.5 0"}) {
    ASSERT_TRUE(setTraining(training, "loss.weights", text).ok()) << text;
    EXPECT_EQ(classWeightsOf(training.heads[0].loss, {}), (std::vector<double>{1, 2.5, 0})) << text;
  }
  EXPECT_TRUE(hasOwnWeights(training.heads[0].loss));
  const auto again = projectFromJson(toJson(project), "x");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(again->training, training);
  EXPECT_EQ(setTraining(training, "loss.weights", "[1, -2]").error().message,
            "Custom weights must be numbers, each from 0 to 1000000, not 1, -2");
  for (const char* text : {"[1, \"a\"]", "one", "[1, 1e400]", "nan", "true"})
    EXPECT_FALSE(setTraining(training, "loss.weights", text).ok()) << text;
  ASSERT_TRUE(setTraining(training, "loss.weights", "3").ok()) << "a list of one";
  EXPECT_EQ(classWeightsOf(training.heads[0].loss, {}), std::vector<double>{3});
  // They are kept, without effect, while the classes are weighted otherwise.
  ASSERT_TRUE(setTraining(training, "loss.class_weights", "balanced").ok());
  const std::vector<std::vector<std::int64_t>> counts{{10, 30}, {1, 1}};
  EXPECT_EQ(classWeightsOf(training.heads[0].loss, counts), (std::vector<double>{2, 40.0 / 60, 1, 1}));
  EXPECT_FALSE(hasOwnWeights(training.heads[0].loss));
  // The op of the loss has nothing to do with them.
  EXPECT_EQ(lossAttributes(training.heads[0].loss).items().size(), 1u);
}

// Points of two classes that overlap, one of which is rare.
std::string rarePoints(const TempFolder& folder) {
  std::string table = "x,y,kind\n";
  for (int i = 0; i < 400; ++i) {
    const bool rare = i % 10 == 0;
    table += fmt::format("{:.3f},{:.3f},{}\n", std::sin(i * 1.7) + (rare ? 1.0 : 0.0), std::cos(i * 2.3),
                         rare ? "rare" : "usual");
  }
  return folder.write("points.csv", table);
}

Project rareProject(const TempFolder& folder, const char* loss, std::int64_t units) {
  Project project = moons();
  project.network = pointNetwork(units);
  project.data = {};
  project.data.kind = DataKind::Csv;
  project.data.path = rarePoints(folder);
  project.data.validationFraction = 0.2;
  project.training.epochs = 20;
  project.training.heads[0].loss = loss;
  project.training.heads[0].metrics = {"accuracy", "balanced_accuracy", "confusion_matrix"};
  return project;
}

double testValue(const TrainResult& result, std::string_view name) {
  return static_cast<double>(result.test[static_cast<std::size_t>(findSlot(result.slots, name)->slot)]);
}

TEST(ClassWeights, MakeTheRareClassFound) {
  const TempFolder folder;
  for (const auto& [loss, units] : {std::pair{"softmax_cross_entropy", 2}, {"binary_cross_entropy", 1}}) {
    SCOPED_TRACE(loss);
    std::int64_t found[2] = {};
    for (const bool balanced : {false, true}) {
      Project project = rareProject(folder, loss, units);
      if (balanced) {
        ASSERT_TRUE(project.training.heads[0].loss.set("class_weights", std::string("balanced")).ok());
      }
      Notes notes;
      auto trainer = trainerOf(project, folder.path() / (balanced ? "b" : "a"), &notes);
      ASSERT_TRUE(trainer.ok()) << trainer.error().text();
      (*trainer)->start();
      const TrainResult result = (*trainer)->join();
      ASSERT_FALSE(result.error) << result.error->text();
      EXPECT_EQ(notes.text.find("Class weights of kind: rare ") != notes.text.npos, balanced) << notes.text;
      ASSERT_EQ(result.testMatrices.size(), 1u);
      found[balanced ? 1 : 0] = result.testMatrices[0][0];  // of 8
      // The loss of the test set has no weights.
      const double rare = static_cast<double>(result.testMatrices[0][0] + result.testMatrices[0][1]);
      EXPECT_EQ(rare, 8);
      EXPECT_GT(testValue(result, "loss"), 0);
    }
    EXPECT_GT(found[1], found[0]);
  }
}

std::ptrdiff_t nodesOf(const Program& program, const OpDef& op) {
  return std::ranges::count(program.nodes, &op, &Node::op);
}

// The loss of the first step of a network without hidden layers, whose outputs are all 0: each sample has the loss log 2
// before it is weighted, and the gradient of the bias of the first class is the weighted mean of p - target.
TEST(ClassWeights, MultiplyTheLossOfEachSample) {
  const TempFolder folder;
  for (const auto& [type, units] : {std::pair{"softmax_cross_entropy", 2}, {"binary_cross_entropy", 1}}) {
    SCOPED_TRACE(type);
    Project project = rareProject(folder, type, units);
    NetworkBuilder b({2});
    b.add("dense", {{"units", count(units)}, {"initializer", std::string("zeros")}}, "end");
    project.network = b.take();
    project.data.validationFraction = project.data.testFraction = 0;
    project.training.batch = 400;  // one step sees all samples
    project.training.epochs = 1;
    project.training.monitor = "loss";
    project.training.heads[0].metrics = {"accuracy"};
    project.training.optimizer = {"sgd", {{"learning_rate", 1.0}}};
    double loss[2] = {}, bias[2] = {};
    for (const bool balanced : {false, true}) {
      if (balanced) {
        ASSERT_TRUE(project.training.heads[0].loss.set("class_weights", std::string("balanced")).ok());
      }
      const Outcome run = train(project, folder.path() / (balanced ? "b" : "a"));
      loss[balanced ? 1 : 0] = run.checkpoint.best.value;
      bias[balanced ? 1 : 0] = static_cast<double>(valuesOf(run.checkpoint).at("end/bias")[0]);
    }
    // Of 40 rare and 360 usual samples with p = 1/2; the rare class is the first one.
    EXPECT_NEAR(loss[0], std::log(2.0), 1e-5);
    EXPECT_NEAR(loss[1], std::log(2.0), 1e-5) << "the mean weight is 1";
    const double towardsFirst = units == 2 ? 1 : -1;
    EXPECT_NEAR(bias[0], towardsFirst * (40 * 0.5 - 360 * 0.5) / 400, 1e-5);
    EXPECT_NEAR(bias[1], 0, 1e-5) << "both classes pull alike";
  }
}

TEST(ClassWeights, CostNothingUnlessBalanced) {
  const TempFolder folder;
  Project project = rareProject(folder, "softmax_cross_entropy", 2);
  const auto data = loadDataset(trainingData(project)).value();
  const auto equal = compile(project.network, project.training, data->info, cpu()).value();
  EXPECT_EQ(nodesOf(equal->train.program, ops::class_weights), 0);
  ASSERT_TRUE(project.training.heads[0].loss.set("class_weights", std::string("balanced")).ok());
  const auto plan = compile(project.network, project.training, data->info, cpu()).value();
  EXPECT_EQ(nodesOf(plan->train.program, ops::class_weights), 1);
  EXPECT_EQ(nodesOf(plan->evaluate.program, ops::class_weights), 0);
}

// With weights by hand, at the first step, as above.
TEST(ClassWeights, OfTheUserMultiplyTheLossAsTheyAre) {
  const TempFolder folder;
  for (const auto& [type, units] : {std::pair{"softmax_cross_entropy", 2}, {"binary_cross_entropy", 1}}) {
    SCOPED_TRACE(type);
    Project project = rareProject(folder, type, units);
    NetworkBuilder b({2});
    b.add("dense", {{"units", count(units)}, {"initializer", std::string("zeros")}}, "end");
    project.network = b.take();
    project.data.validationFraction = project.data.testFraction = 0;
    project.training.batch = 400;
    project.training.epochs = 1;
    project.training.monitor = "loss";
    project.training.heads[0].metrics = {"accuracy"};
    project.training.optimizer = {"sgd", {{"learning_rate", 1.0}}};
    project.training.heads[0].loss = LossConfig(
        type, {{"class_weights", std::string("custom")}, {"weights", std::vector<double>{3, 0.5}}});
    const Outcome run = train(project, folder.path() / type);
    EXPECT_NEAR(run.checkpoint.best.value, std::log(2.0) * (40 * 3 + 360 * 0.5) / 400, 1e-5);
    const double towardsFirst = units == 2 ? 1 : -1;
    EXPECT_NEAR(static_cast<double>(valuesOf(run.checkpoint).at("end/bias")[0]),
                towardsFirst * (40 * 3 * 0.5 - 360 * 0.5 * 0.5) / 400, 1e-5);
    EXPECT_NE(run.notes.find("Class weights of kind: rare 3 and usual 0.5"), run.notes.npos) << run.notes;
  }
}

TEST(ClassWeights, OfTheUserMustFitTheClasses) {
  const TempFolder folder;
  Project project = rareProject(folder, "softmax_cross_entropy", 2);
  const DatasetInfo data = *probeDataset(project.data);
  const auto problemOf = [&](const std::vector<double>& weights) {
    LossConfig& loss = project.training.heads[0].loss;
    EXPECT_TRUE(loss.set("class_weights", std::string("custom")).ok() && loss.set("weights", weights).ok());
    const auto problems = checkAgainstData(project.network, project.training, data);
    return problems.empty() ? "" : problems.front().error.text();
  };
  EXPECT_EQ(problemOf({2, 0}), "");
  EXPECT_EQ(
      problemOf({1, 2, 3}),
      "training.loss.weights: custom class weights need a number for each of the 2 classes, but 3 were given. Give "
      "them in this order: rare and usual");
  EXPECT_NE(problemOf({}).find("but none were given. Give them in this order"), std::string::npos);
  EXPECT_NE(problemOf({1}).find("but 1 was given. "), std::string::npos);
  EXPECT_NE(problemOf({0, 0}).find("all class weights are 0"), std::string::npos);
  // Of several targets, one after the other.
  Head head;
  head.loss = {"binary_cross_entropy"};
  DatasetInfo two = data;
  two.targets.push_back({.name = "ripe", .classes = 2, .classNames = {"no", "yes"}});
  EXPECT_EQ(weightedClasses(head, two),
            (std::vector<std::string>{"kind=rare", "kind=usual", "ripe=no", "ripe=yes"}));
}

TEST(ClassWeights, OfTooManyClassesAreAProblem) {
  NetworkBuilder b({4});
  b.add("dense", {{"units", count(800)}}, "end");
  DatasetInfo data = workload("tiny").data;
  data.inputs[0].sample = Shape{4};
  data.targets[0].classes = 800;
  TrainingConfig training;
  training.heads[0].loss = {"softmax_cross_entropy", {{"class_weights", std::string("balanced")}}};
  const auto plan = compile(b.take(), training, data, cpu());
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().message, "class weights are possible for up to 768 classes, but the data has 800");
}

// Each of several yes-or-no targets has separate weights.
TEST(ClassWeights, OfSeveralTargets) {
  const TempFolder folder;
  std::string table = "x,a,b\n";
  for (int i = 0; i < 200; ++i)
    table += fmt::format("{:.3f},{},{}\n", std::sin(i * 1.7), i % 10 == 0 ? "no" : "yes",
                         i % 4 == 0 ? "no" : "yes");
  Project project = moons();
  NetworkBuilder b({1});
  b.add("dense", {{"units", count(2)}}, "end");
  project.network = b.take();
  project.data = {};
  project.data.kind = DataKind::Csv;
  project.data.path = folder.write("t.csv", table);
  project.data.targets = {"a", "b"};
  project.data.classification = true;
  project.training.heads[0].loss = {"binary_cross_entropy", {{"class_weights", std::string("balanced")}}};
  const auto data = loadDataset(trainingData(project));
  ASSERT_TRUE(data.ok()) << data.error().text();
  const auto plan = compile(project.network, project.training, (*data)->info, cpu());
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  for (const Node& node : (*plan)->train.program.nodes) {
    if (node.op != &ops::class_weights) continue;
    const std::vector<double> weights = node.attrs.numbers("weights");
    ASSERT_EQ(weights.size(), 4u);
    EXPECT_EQ(node.attrs.integer("columns", 1), 2);
    for (std::size_t t = 0; t < 2; ++t)
      EXPECT_EQ((std::vector<double>{weights[2 * t], weights[2 * t + 1]}),
                balancedWeights((*data)->info.targets[t].classCounts));
    return;
  }
  FAIL() << "no weights";
}

}  // namespace
}  // namespace tandem
