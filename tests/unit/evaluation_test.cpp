// How predictions are scored, and how other data is matched with a model.
#include "core/train/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/data/csv.h"
#include "core/network/project.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

TEST(Evaluation, CountsClasses) {
  const std::vector<float> probabilities = {0.7f, 0.2f, 0.1f, 0.1f, 0.8f, 0.1f, 0.6f, 0.3f, 0.1f};
  const std::vector<std::int32_t> labels = {0, 1, 1};
  const Evaluation e = evaluateClasses(probabilities, OutputMeaning::Probabilities, labels, {"a", "b", "c"},
                                       "softmax_cross_entropy");
  EXPECT_EQ(e.samples, 3);
  EXPECT_DOUBLE_EQ(e.accuracy(), 2.0 / 3);
  EXPECT_EQ(e.confusion, (std::vector<std::int64_t>{1, 0, 0, 1, 1, 0, 0, 0, 0}));
  EXPECT_DOUBLE_EQ(e.classes[0].precision(), 0.5);
  EXPECT_DOUBLE_EQ(e.classes[1].recall(), 0.5);
  EXPECT_DOUBLE_EQ(e.classes[1].f1(), 2.0 / 3);
  EXPECT_TRUE(std::isnan(e.classes[2].recall()) && std::isnan(e.classes[2].precision()));
  EXPECT_NEAR(*e.loss, -(std::log(0.7) + std::log(0.8) + std::log(0.3)) / 3, 1e-6);
  EXPECT_TRUE(e.metrics.empty());
}

TEST(Evaluation, ManyClassesHaveScoresWithoutAMatrix) {
  const std::size_t count = kMaxConfusedClasses + 1;
  std::vector<std::string> names;
  for (std::size_t c = 0; c < count; ++c) names.push_back(std::to_string(c));
  std::vector<float> logits(2 * count, 0.0f);
  logits[5] = logits[count + 5] = 1;
  const Evaluation e = evaluateClasses(logits, OutputMeaning::SoftmaxLogits, std::vector<std::int32_t>{5, 7},
                                       names, "softmax_cross_entropy");
  EXPECT_TRUE(e.confusion.empty());
  EXPECT_EQ(e.accuracy(), 0.5);
  EXPECT_EQ(e.classes[5].predicted, 2);
  EXPECT_EQ(e.classes[7].samples, 1);
  EXPECT_EQ(e.classes[7].name, "7");
}

TEST(Evaluation, OneOutputIsTheProbabilityOfTheSecondClass) {
  const Evaluation e =
      evaluateClasses(std::vector<float>{0.9f, 0.2f, 0.6f}, OutputMeaning::Probabilities,
                      std::vector<std::int32_t>{1, 0, 0}, {"no", "yes"}, "binary_cross_entropy");
  EXPECT_EQ(e.confusion, (std::vector<std::int64_t>{1, 1, 0, 1}));
  EXPECT_NEAR(*e.loss, -(std::log(0.9) + std::log(0.8) + std::log(0.4)) / 3, 1e-6);
}

TEST(Evaluation, LogitsGiveTheLossWhereProbabilitiesAre0Or1) {
  const std::vector<std::int32_t> labels = {0, 1};
  const Evaluation softmax = evaluateClasses(std::vector<float>{0, 200, 0, 1}, OutputMeaning::SoftmaxLogits,
                                             labels, {"no", "yes"}, "softmax_cross_entropy");
  EXPECT_NEAR(*softmax.loss, (200 + std::log(1 + std::exp(-1.0))) / 2, 1e-9);
  EXPECT_EQ(softmax.accuracy(), 0.5);
  const Evaluation sigmoid = evaluateClasses(std::vector<float>{90, -0.25f}, OutputMeaning::SigmoidLogits,
                                             labels, {"no", "yes"}, "binary_cross_entropy");
  EXPECT_NEAR(*sigmoid.loss, (90 + std::log(1 + std::exp(0.25))) / 2, 1e-9);
  EXPECT_EQ(sigmoid.confusion, (std::vector<std::int64_t>{0, 1, 1, 0}));
}

TEST(Evaluation, ComputesTheMetricsOfTraining) {
  const std::vector<float> logits = {3, 2, 1, 0, 3, 2, 1, 0, 3, 2, 1, 0, 1, 1, 1, 1};
  const Evaluation e = evaluateClasses(
      logits, OutputMeaning::SoftmaxLogits, std::vector<std::int32_t>{0, 1, 2, 3}, {"a", "b", "c", "d"},
      "softmax_cross_entropy",
      std::vector<MetricConfig>{"accuracy", {"top_k_accuracy", {{"k", std::int64_t{2}}}}, "recall"});
  ASSERT_EQ(e.metrics.size(), 2u) << "the accuracy is always there";
  EXPECT_EQ(e.metrics[0],
            std::pair(std::string("top_2_accuracy"), 0.75));  // equal ones count, as in training
  EXPECT_EQ(e.metrics[1], std::pair(std::string("recall_class_1"), 0.0));
}

TEST(Evaluation, TheLossOfARegressionIsThatOfItsTraining) {
  const Field target{.name = "price", .role = FieldRole::Target, .mean = {100}, .scale = {0.5}};
  const std::vector<float> outputs = {0, 1};
  const std::vector<double> targets = {101, 108};  // 0.5 and 4
  const auto loss = [&](const LossConfig& of) {
    return regressionLoss(outputs, std::vector<std::vector<double>>{targets}, std::vector{&target}, of);
  };
  const LossConfig huber{"huber", {{"delta", 2.0}}};
  EXPECT_DOUBLE_EQ(loss("mse"), (0.25 + 9) / 2);
  EXPECT_DOUBLE_EQ(loss("mae"), (0.5 + 3) / 2);
  EXPECT_DOUBLE_EQ(loss(huber), (0.125 + 4) / 2);
  const Field plain;
  EXPECT_DOUBLE_EQ(
      regressionLoss(outputs, std::vector<std::vector<double>>{{2, 1}}, std::vector{&plain}, huber), 1);
}

TEST(Evaluation, MeasuresErrors) {
  const Evaluation e = evaluateValues(std::vector<double>{1, 2, 5}, std::vector<double>{1, 3, 3});
  EXPECT_DOUBLE_EQ(e.mae, 1);
  EXPECT_DOUBLE_EQ(e.rmse, std::sqrt(5.0 / 3));
  EXPECT_DOUBLE_EQ(e.mse, 5.0 / 3);
  EXPECT_FALSE(e.loss) << "the loss function is not known";
  EXPECT_NEAR(e.r2, 1 - (5.0 / 3) / (8.0 / 9), 1e-12);
  EXPECT_TRUE(std::isnan(evaluateValues(std::vector<double>{1, 2}, std::vector<double>{4, 4}).r2));
  const Evaluation large =
      evaluateValues(std::vector<double>{1e300, 2e300, 5e300}, std::vector<double>{1e300, 3e300, 3e300});
  EXPECT_NEAR(large.rmse / 1e300, e.rmse, 1e-12);
  EXPECT_NEAR(large.r2, e.r2, 1e-12);
}

TEST(Evaluation, OtherDataIsMatchedByNamesAndCategories) {
  const auto load = [](const char* text) {
    DataSpec spec;
    spec.kind = DataKind::Csv;
    auto raw = parseCsv(text, spec, "f.csv", {});
    EXPECT_TRUE(raw.ok()) << raw.error().text();
    raw->data.inputs[0].mean.assign(static_cast<std::size_t>(raw->data.info.inputs[0].sample.elements()),
                                    0.0f);
    raw->data.inputs[0].scale.assign(raw->data.inputs[0].mean.size(), 1.0f);
    return std::move(raw->data);
  };
  Preprocessing model = preprocessingOf(load("colour,size,y\nred,1,b\ngreen,2,a\nblue,3,b\n"));
  model.fields[1].mean = {10};
  model.fields[1].scale = {2};
  const std::vector<std::int64_t> rows = {1, 0};
  const auto samples = encodeSamples(load("size,colour,y\n11,red,b\n9,blue,a\n7,red,a\n"), rows, model);
  ASSERT_TRUE(samples.ok()) << samples.error().text();
  EXPECT_EQ(samples->inputs[0], (std::vector<float>{1, 0, 0, -2, 0, 0, 1, 2}));  // blue, green, red, size
  EXPECT_EQ(samples->targets[0].classOf, (std::vector<std::int32_t>{0, 1}));
  const auto error = [&](const char* text) { return encodeSamples(load(text), rows, model).error().text(); };
  EXPECT_NE(error("size,colour,y\n1,pink,a\n2,red,b\n").find("does not know \"pink\""), std::string::npos);
  EXPECT_NE(error("size,colour,y\n1,red,a\n2,red,c\n").find("does not know the class \"c\""),
            std::string::npos);
  EXPECT_NE(error("size,weight,y\n1,1,a\n2,2,b\n").find("no column \"colour\""), std::string::npos);
}

TEST(Targets, AreStandardizedUnlessTheOutputIsBounded) {
  Project project;
  const auto input = *project.network.add("input", "", {{"shape", std::vector<std::int64_t>{1}}});
  const auto output = *project.network.add("dense", "", {{"units", std::int64_t{1}}});
  ASSERT_TRUE(project.network.connect(input, output).ok());
  EXPECT_TRUE(trainingData(project).standardizeTargets);
  project.training.heads[0].loss = "cosine_similarity";
  EXPECT_FALSE(trainingData(project).standardizeTargets) << "a direction from 0";
  project.training.heads[0].loss = "mse";
  EXPECT_TRUE(trainingData(project).standardizeTargets);
  ASSERT_TRUE(project.network.setProperty(output, "activation", std::string("sigmoid")).ok());
  EXPECT_FALSE(trainingData(project).standardizeTargets);
  ASSERT_TRUE(project.network.setProperty(output, "activation", std::string("leaky_relu")).ok());
  EXPECT_TRUE(trainingData(project).standardizeTargets);
  const auto last = *project.network.add("activation");
  ASSERT_TRUE(project.network.connect(output, last).ok());
  EXPECT_FALSE(trainingData(project).standardizeTargets) << "relu";
  const auto merge = *project.network.add("average");
  ASSERT_TRUE(project.network.connect(last, merge).ok() && project.network.connect(last, merge).ok());
  EXPECT_FALSE(trainingData(project).standardizeTargets) << "a mean of relus";
  ASSERT_TRUE(project.network.connect(input, merge).ok());
  EXPECT_TRUE(trainingData(project).standardizeTargets) << "one input of the mean has no bounds";

  const testing::TempFolder folder;
  DataSpec spec;
  spec.kind = DataKind::Csv;
  spec.classification = false;
  spec.testFraction = spec.validationFraction = 0;
  spec.path = folder.write("t.csv", "x,price\n1,100\n2,300\n3,200\n4,400\n");
  const auto data = loadDataset(spec);
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_NEAR((*data)->info.targets[0].unit, std::sqrt(12500.0), 1e-3);
  std::vector<float> targets(4);
  (*data)->gather(1, (*data)->part(SplitPart::Train), targets.data());
  EXPECT_NEAR(std::accumulate(targets.begin(), targets.end(), 0.0), 0, 1e-5);
  EXPECT_NEAR(targets[0], -150 / std::sqrt(12500.0), 1e-5);
  const Field target = preprocessingOf(**data).fields.back();
  EXPECT_NEAR(target.mean[0], 250, 1e-3);
  spec.path = folder.write("small.csv", "x,price\n1,100e-50\n2,300e-50\n3,200e-50\n4,400e-50\n");
  const auto small = loadDataset(spec);
  ASSERT_TRUE(small.ok()) << small.error().text();
  EXPECT_NEAR(preprocessingOf(**small).fields.back().mean[0] * 1e50, 250, 1e-3);
  EXPECT_EQ((*small)->info.targets[0].unit, 1) << "metrics are floats";
  EXPECT_NE((*small)->info.notes.back().find("multiples of the target's standard deviation, 1.12e-48"),
            std::string::npos);
  spec.standardizeTargets = false;
  spec.path = folder.file("t.csv");
  EXPECT_FALSE(isScaled(preprocessingOf(**loadDataset(spec)).fields.back()));
}

}  // namespace
}  // namespace tandem
