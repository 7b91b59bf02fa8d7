// Sample weights in training: losses and gradients of a step by hand, and what a weight of 0 or 2 means.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/data/encode.h"
#include "core/ops/class_weights.h"
#include "core/ops/sample_weights.h"
#include "core/train/predictor.h"
#include "tests/unit/data_files.h"
#include "tests/unit/point_runs.h"

namespace tandem {
namespace {

using namespace testing;

struct Row {
  double x = 0, weight = 1;
  const char* kind = "a";
};

// Points on a line, of two classes that overlap.
std::vector<Row> points() {
  std::vector<Row> rows;
  for (int i = 0; i < 24; ++i)
    rows.push_back({std::sin(1.7 * i) + (i % 3 == 0 ? 0.5 : 0.0), 1, i % 3 == 0 ? "a" : "b"});
  return rows;
}

std::string tableOf(const std::vector<Row>& rows) {
  std::string text = "x,w,kind,size\n";
  for (const Row& row : rows)
    text += fmt::format("{:.4f},{},{},{:.4f}\n", row.x, row.weight, row.kind, 3 * row.x * row.x);
  return text;
}

// All samples are in the training set and in each of its steps. Features are as in the table, since their mean and scale
// do not depend on the weights.
Project lineProject(const TempFolder& folder, const std::vector<Row>& rows, const LossConfig& loss,
                    std::int64_t units, const char* initializer = "glorot_uniform") {
  Project project = moons();
  NetworkBuilder b({1});
  b.add("dense", {{"units", count(units)}, {"initializer", std::string(initializer)}}, "end");
  project.network = b.take();
  const bool numbers = loss.def().target == TargetKind::Values;
  project.data = {};
  project.data.kind = DataKind::Csv;
  project.data.path = folder.write("line.csv", tableOf(rows));
  project.data.targets = {numbers ? "size" : "kind"};
  project.data.ignore = {numbers ? "kind" : "size"};
  project.data.classification = !numbers;
  project.data.sampleWeights = "w";
  project.data.normalize = project.data.standardizeTargets = false;
  project.data.validationFraction = project.data.testFraction = 0;
  project.training.batch = static_cast<std::int64_t>(rows.size());
  project.training.epochs = 1;
  project.training.monitor = "loss";
  project.training.heads[0].loss = loss;
  project.training.optimizer = {"sgd", {{"learning_rate", 0.5}}};
  return project;
}

std::vector<double> weightsAfter(const Project& project, const std::filesystem::path& folder) {
  std::vector<double> all;
  for (const auto& [name, values] : valuesOf(train(project, folder).checkpoint))
    all.insert(all.end(), values.begin(), values.end());
  return all;
}

void expectNear(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << "at " << i;
}

// Two classes, one output or two: each sample has the loss log 2 and the probability 1/2.
TEST(SampleWeights, MultiplyTheLossOfEachSample) {
  const TempFolder folder;
  const std::vector<Row> rows{{1, 3, "a"}, {2, 1, "b"}, {-1, 0, "a"}, {0.5, 4, "b"}};  // the mean weight is 2
  const double mean = 2;
  double bias = 0, kernel = 0;
  for (const Row& row : rows) {
    const double toward = row.kind[0] == 'a' ? 0.5 : -0.5;  // target - p of class a
    bias += row.weight / mean * toward / 4;
    kernel += row.weight / mean * toward * row.x / 4;
  }
  for (const auto& [type, units] : {std::pair{"softmax_cross_entropy", 2}, {"binary_cross_entropy", 1}}) {
    SCOPED_TRACE(type);
    Project project = lineProject(folder, rows, LossConfig(type), units, "zeros");
    const Outcome run = train(project, folder.path() / type);
    EXPECT_NEAR(run.checkpoint.best.value, std::log(2.0), 1e-6) << "the mean weight is 1";
    auto values = valuesOf(run.checkpoint);
    const double sign = units == 2 ? 1 : -1, rate = 0.5;  // the only output is that of class b
    EXPECT_NEAR(static_cast<double>(values["end/bias"][0]), sign * rate * bias, 1e-6);
    EXPECT_NEAR(static_cast<double>(values["end/kernel"][0]), sign * rate * kernel, 1e-6);
    EXPECT_NE(
        run.notes.find("The training loss weights the samples by \"w\", divided by its mean: from 0 to 2"),
        run.notes.npos)
        << run.notes;
  }
}

TEST(SampleWeights, MultiplySquaredErrors) {
  const TempFolder folder;
  const std::vector<Row> rows{{1, 3}, {2, 1}, {-1, 0}, {0.5, 4}};
  const Outcome run = train(lineProject(folder, rows, LossConfig("mse"), 1, "zeros"), folder.path() / "run");
  double loss = 0, bias = 0;
  for (const Row& row : rows) {
    const double target = 3 * row.x * row.x;
    loss += row.weight / 2 * target * target / 4;
    bias += row.weight / 2 * 2 * target / 4;
  }
  EXPECT_NEAR(run.checkpoint.best.value, loss, 1e-4);
  EXPECT_NEAR(static_cast<double>(valuesOf(run.checkpoint)["end/bias"][0]), 0.5 * bias, 1e-4);
}

struct Case {
  const char* loss;
  std::int64_t units;
};
constexpr Case kCases[] = {{"softmax_cross_entropy", 2},
                           {"softmax_focal", 2},
                           {"binary_cross_entropy", 1},
                           {"hinge", 1},
                           {"dice", 1},
                           {"huber", 1}};

TEST(SampleWeights, OfZeroLeaveTheRowOut) {
  const TempFolder folder;
  for (const Case& each : kCases) {
    SCOPED_TRACE(each.loss);
    std::vector<Row> rows = points(), more = rows;
    for (int i = 0; i < 9; ++i) more.push_back({2.0 + i, 0, "a"});
    Project without = lineProject(folder, rows, LossConfig(each.loss), each.units);
    without.training.epochs = 5;
    const auto expected = weightsAfter(without, folder.path() / (std::string(each.loss) + "1"));
    Project with = lineProject(folder, more, LossConfig(each.loss), each.units);
    with.training.epochs = 5;
    expectNear(weightsAfter(with, folder.path() / (std::string(each.loss) + "2")), expected, 2e-5);
    // They do have an influence with another weight.
    more.back().weight = 2;
    Project changed = lineProject(folder, more, LossConfig(each.loss), each.units);
    changed.training.epochs = 5;
    const auto other = weightsAfter(changed, folder.path() / (std::string(each.loss) + "3"));
    double difference = 0;
    for (std::size_t i = 0; i < other.size(); ++i) difference += std::abs(other[i] - expected[i]);
    EXPECT_GT(difference, 1e-3);
  }
}

TEST(SampleWeights, OfTwoAreTheRowTwice) {
  const TempFolder folder;
  for (const Case& each : kCases) {
    SCOPED_TRACE(each.loss);
    std::vector<Row> heavy = points(), twice = points();
    for (const std::size_t i : {0u, 5u, 6u}) {
      twice.push_back(heavy[i]);
      heavy[i].weight = 2;
    }
    for (Row& row : heavy) row.weight *= 7.5;  // only the proportions matter
    Project one = lineProject(folder, heavy, LossConfig(each.loss), each.units);
    one.training.epochs = 5;
    const auto weighted = weightsAfter(one, folder.path() / (std::string(each.loss) + "1"));
    Project two = lineProject(folder, twice, LossConfig(each.loss), each.units);
    two.training.epochs = 5;
    expectNear(weighted, weightsAfter(two, folder.path() / (std::string(each.loss) + "2")), 2e-5);
  }
}

TEST(SampleWeights, AndClassWeightsMultiply) {
  const TempFolder folder;
  std::vector<Row> rows = points(), multiplied = rows;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].weight = 1 + static_cast<double>(i % 4);
    multiplied[i].weight = rows[i].weight * (rows[i].kind[0] == 'a' ? 3 : 0.5);
  }
  for (const auto& [type, units] : {std::pair{"softmax_cross_entropy", 2}, {"binary_cross_entropy", 1}}) {
    SCOPED_TRACE(type);
    LossConfig loss(type);
    const Project single = lineProject(folder, multiplied, loss, units);
    const auto expected = weightsAfter(single, folder.path() / (std::string(type) + "1"));
    ASSERT_TRUE(loss.set("class_weights", std::string("custom")).ok());
    ASSERT_TRUE(loss.set("weights", std::vector<double>{3, 0.5}).ok());
    Project both = lineProject(folder, rows, loss, units);
    // The product is not divided by its mean, so the step is larger by that.
    double sum = 0, product = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      sum += rows[i].weight;
      product += multiplied[i].weight;
    }
    ASSERT_TRUE(both.training.optimizer.set(kLearningRate, 0.5 * sum / product).ok());
    expectNear(weightsAfter(both, folder.path() / (std::string(type) + "2")), expected, 1e-5);
  }
}

TEST(SampleWeights, AreReadByTheTrainingOnly) {
  const TempFolder folder;
  const auto nodes = [](const PhasePlan& phase, const OpDef& op) {
    return std::ranges::count(phase.program.nodes, &op, &Node::op);
  };
  Project project = lineProject(folder, points(), "softmax_cross_entropy", 2);
  const auto data = loadDataset(trainingData(project)).value();
  auto plan = compile(project.network, project.training, data->info, cpu()).value();
  ASSERT_EQ(plan->inputs().size(), 3u);
  EXPECT_EQ(plan->inputs()[2].name, "w");
  EXPECT_EQ(plan->inputs()[2].tensor, 2u);
  EXPECT_EQ(plan->inputType(2), (TensorType{DType::F32, Shape{24}}));
  ASSERT_EQ(plan->evaluate.inputs.size(), 3u);
  EXPECT_EQ(plan->evaluate.inputs[2].value, kNoValue);
  EXPECT_EQ(nodes(plan->train, ops::sample_weights), 0) << "the loss reads them as they are";
  // With class weights, there is one op that multiplies the two.
  ASSERT_TRUE(project.training.heads[0].loss.set("class_weights", std::string("balanced")).ok());
  plan = compile(project.network, project.training, data->info, cpu()).value();
  EXPECT_EQ(nodes(plan->train, ops::class_weights), 1);
  EXPECT_EQ(nodes(plan->train, ops::sample_weights), 1);
  EXPECT_EQ(nodes(plan->evaluate, ops::sample_weights), 0);
}

// The losses of validation and test data stay comparable with those of other runs and of `tandem evaluate`.
TEST(SampleWeights, DoNotChangeTheLossOfTheTestSet) {
  const TempFolder folder;
  double losses[2] = {};
  for (const bool weighted : {false, true}) {
    std::vector<Row> rows = points();
    for (std::size_t i = 0; weighted && i < rows.size(); ++i)
      rows[i].weight = 1 + 50 * static_cast<double>(i % 2);
    Project project = lineProject(folder, rows, "softmax_cross_entropy", 2);
    project.data.validationFraction = 0;
    project.data.testFraction = 0.5;
    project.training.batch = 4;
    project.training.optimizer = {"sgd", {{"learning_rate", 1e-12}}};
    auto trainer = trainerOf(project, folder.path() / (weighted ? "b" : "a"));
    ASSERT_TRUE(trainer.ok()) << trainer.error().text();
    (*trainer)->start();
    const TrainResult result = (*trainer)->join();
    ASSERT_FALSE(result.error) << result.error->text();
    losses[weighted ? 1 : 0] =
        static_cast<double>(result.test[static_cast<std::size_t>(findSlot(result.slots, "loss")->slot)]);
  }
  EXPECT_NEAR(losses[0], losses[1], 1e-6);
}

TEST(SampleWeights, AreNotNeededToPredictOrEvaluate) {
  const TempFolder folder;
  Project project = lineProject(folder, points(), "softmax_cross_entropy", 2);
  const Outcome run = train(project, folder.path() / "run");
  EXPECT_EQ(run.checkpoint.preprocessing.fields[1].role, FieldRole::Weight);
  auto predictor = Predictor::open(run.checkpoint, cpu(), {}, 2);
  ASSERT_TRUE(predictor.ok()) << predictor.error().text();
  const auto samples = encodeTable("x\n0.5\n-1\n", predictor->preprocessing(), "ask.csv");
  ASSERT_TRUE(samples.ok()) << samples.error().text();
  EXPECT_TRUE(predictor->predict(samples->inputs).ok());
  EXPECT_TRUE(
      encodeTable("kind,x\na,0.5\nb,-1\n", predictor->preprocessing(), "ask.csv", Labels::Needed).ok());
}

TEST(SampleWeights, AreTheSameInAResumedRun) {
  const TempFolder folder;
  std::vector<Row> rows = points();
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].weight = static_cast<double>(i % 5);
  Project project = lineProject(folder, rows, "softmax_cross_entropy", 2);
  project.training.batch = 8;
  project.training.epochs = 2;
  const Outcome half = train(project, folder.path() / "half");
  project.training.epochs = 4;
  const Outcome resumed = train(project, folder.path() / "resumed", half.file);
  const Outcome whole = train(project, folder.path() / "whole");
  EXPECT_EQ(valuesOf(resumed.checkpoint), valuesOf(whole.checkpoint));
  EXPECT_EQ(resumed.notes.find("The samples are not those of the checkpoint"), std::string::npos);
}

// Shapes with a mask, of which the first half has the weight 2 and the rest 0, are trained as the first half alone: with
// losses of pixels, of whole masks and of several heads.
class SampleWeightsOfShapes : public ::testing::TestWithParam<const char*> {};

const std::vector<std::int64_t> kPixel{1, 1};

Project shapes(const std::string& loss) {
  Project project = moons();
  project.data.generator = "shapes";
  project.data.count = 24;
  project.data.imageHeight = 8;
  project.data.imageWidth = 9;
  project.data.validationFraction = project.data.testFraction = 0;
  project.data.normalize = project.data.standardizeTargets = false;
  NetworkBuilder b({8, 9, 1});
  b.add("conv2d", {{"filters", count(loss == "softmax_cross_entropy" ? 2 : 1)}, {"kernel", kPixel}},
        "scores");
  project.network = b.take();
  project.training.heads = {Head{.output = "scores", .targets = {"mask"}, .loss = LossConfig(loss.c_str())}};
  project.training.epochs = 1;
  project.training.monitor = "loss";
  project.training.optimizer = {"sgd", {{"learning_rate", 0.5}}};
  return project;
}

std::vector<double> trainOn(Project project, const std::shared_ptr<const Dataset>& data,
                            const std::filesystem::path& folder) {
  project.training.batch = static_cast<std::int64_t>(data->part(SplitPart::Train).size());
  auto trainer = Trainer::create({.project = project, .data = data, .backend = &cpu(), .folder = folder});
  EXPECT_TRUE(trainer.ok()) << trainer.error().text();
  if (!trainer.ok()) return {};
  (*trainer)->start();
  const TrainResult result = (*trainer)->join();
  EXPECT_FALSE(result.error) << result.error->text();
  std::vector<double> all;
  for (const auto& [name, values] : valuesOf(loadWeights(result.weights, Weights::Last).value()))
    all.insert(all.end(), values.begin(), values.end());
  return all;
}

std::shared_ptr<const Dataset> halfOf(const Dataset& data) {
  auto half = std::make_shared<Dataset>(data);
  half->parts[0].resize(12);
  return half;
}

std::shared_ptr<const Dataset> weightedHalfOf(const Dataset& data) {
  auto weighted = std::make_shared<Dataset>(data);
  weighted->info.weights = DataTensor{.name = "w"};
  weighted->weights.mean = {0};
  weighted->weights.scale = {1};
  for (std::size_t i = 0; i < 24; ++i) weighted->weights.floats.push_back(i < 12 ? 2.0f : 0.0f);
  return weighted;
}

TEST_P(SampleWeightsOfShapes, ApplyToAllRowsOfASample) {
  const TempFolder folder;
  Project project = shapes(GetParam());
  if (GetParam() == std::string_view("mse")) project.training.heads[0].targets = {"image"};
  const auto data = loadDataset(project.data).value();
  const auto half = halfOf(*data), weighted = weightedHalfOf(*data);
  const auto expected = trainOn(project, half, folder.path() / "a");
  expectNear(trainOn(project, weighted, folder.path() / "b"), expected, 1e-5);
  double difference = 0;
  const auto unweighted = trainOn(project, data, folder.path() / "c");
  ASSERT_EQ(unweighted.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) difference += std::abs(unweighted[i] - expected[i]);
  EXPECT_GT(difference, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Losses, SampleWeightsOfShapes,
                         ::testing::Values("softmax_cross_entropy", "binary_cross_entropy", "dice", "mse"),
                         [](const auto& test) { return std::string(test.param); });

TEST(SampleWeights, ApplyToAllHeads) {
  const TempFolder folder;
  Project project = shapes("softmax_cross_entropy");
  NetworkBuilder b({8, 9, 1});
  b.add("conv2d", {{"filters", count(2)}, {"kernel", kPixel}}, "scores");
  project.network = b.take();
  const LayerId flat = *project.network.add("flatten", "flat");
  ASSERT_TRUE(project.network.connect(project.network.inputs()[0], flat).ok());
  const LayerId place = *project.network.add("dense", "place", {{"units", count(2)}});
  ASSERT_TRUE(project.network.connect(flat, place).ok());
  project.training.heads.push_back(
      Head{.output = "place", .targets = {"x", "y"}, .loss = "cosine_similarity"});
  const auto data = loadDataset(trainingData(project)).value();
  const auto half = halfOf(*data), weighted = weightedHalfOf(*data);
  expectNear(trainOn(project, weighted, folder.path() / "b"), trainOn(project, half, folder.path() / "a"),
             1e-5);
  // Images that arrive as bytes do not change the order of the tensors.
  for (const ByteInput form : {ByteInput::Bytes, ByteInput::Floats}) {
    const auto plan =
        compile(project.network, project.training, weighted->info, cpu(), {.byteInput = form}).value();
    ASSERT_EQ(plan->inputs().size(), 5u) << "image, mask, x, y and the weights";
    EXPECT_EQ(plan->inputs().back().name, "w");
    EXPECT_EQ(plan->inputType(4).dtype, DType::F32);
    EXPECT_EQ(plan->inputType(0).dtype, form == ByteInput::Bytes ? DType::U8 : DType::F32);
  }
}

}  // namespace
}  // namespace tandem
