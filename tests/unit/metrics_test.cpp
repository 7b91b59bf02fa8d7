// Metrics: their values, which losses they fit, how a project states them.
#include "core/metrics/metric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/network/project.h"

namespace tandem {
namespace {

double of(const MetricConfig& metric, TargetKind target, const std::vector<double>& outputs,
          const std::vector<double>& targets) {
  return metricOf(metric, target, std::ssize(targets), outputs, targets);
}

MetricConfig ofClass(const char* type, std::int64_t index) {
  return {type, {{"class", index}}};
}

TEST(Metrics, OfOneClassOfThree) {
  // Predicted: 0, 2, 2, 1, 2.
  const std::vector<double> outputs = {3, 1, 2, 0, 1, 2, 0, 0, 1, 0, 5, 4, 1, 1, 7};
  const std::vector<double> labels = {0, 2, 1, 1, 2};
  const auto value = [&](const MetricConfig& metric) {
    return of(metric, TargetKind::Classes, outputs, labels);
  };
  EXPECT_DOUBLE_EQ(value("accuracy"), 0.8);
  EXPECT_DOUBLE_EQ(value(ofClass("precision", 2)), 2.0 / 3);
  EXPECT_DOUBLE_EQ(value(ofClass("recall", 2)), 1);
  EXPECT_DOUBLE_EQ(value(ofClass("f1", 2)), 0.8);
  EXPECT_DOUBLE_EQ(value("precision"), 1);  // of class 1
  EXPECT_DOUBLE_EQ(value("recall"), 0.5);
  EXPECT_DOUBLE_EQ(value("f1"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(value({"top_k_accuracy", {{"k", std::int64_t{2}}}}), 1);  // a tie counts
}

TEST(Metrics, OfAllClassesTogether) {
  // Predicted: 0, 2, 2, 1, 2. F1: 1, 2/3, 4/5. Recall: 1, 1/2, 1.
  const std::vector<double> outputs = {3, 1, 2, 0, 1, 2, 0, 0, 1, 0, 5, 4, 1, 1, 7};
  const std::vector<double> labels = {0, 2, 1, 1, 2};
  EXPECT_NEAR(of("macro_f1", TargetKind::Classes, outputs, labels), (1 + 2.0 / 3 + 0.8) / 3, 1e-12);
  EXPECT_NEAR(of("balanced_accuracy", TargetKind::Classes, outputs, labels), 2.5 / 3, 1e-12);
  // Intersection over union: 1/1, 1/2, 2/3.
  EXPECT_NEAR(of("mean_iou", TargetKind::Classes, outputs, labels), (1 + 1.0 / 2 + 2.0 / 3) / 3, 1e-12);
  // Class 1 is neither there nor predicted, and class 2 is predicted but not there.
  const std::vector<double> few = {3, 1, 2, 0, 1, 2}, zeros = {0, 0};
  EXPECT_NEAR(of("mean_iou", TargetKind::Classes, few, zeros), (1.0 / 2 + 0) / 2, 1e-12);
  EXPECT_NEAR(of("macro_f1", TargetKind::Classes, few, zeros), (2.0 / 3) / 2, 1e-12);
  EXPECT_NEAR(of("balanced_accuracy", TargetKind::Classes, few, zeros), 0.5, 1e-12);
}

// Against the definition: the share of pairs in which the sample of the class has the higher score.
TEST(Metrics, AreaUnderTheCurve) {
  std::vector<double> logits, labels;
  for (int i = 0; i < 400; ++i) {
    labels.push_back(i % 3 == 0);
    logits.push_back(std::sin(i * 12.9898) * 3 + labels.back());
  }
  double higher = 0, pairs = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    for (std::size_t j = 0; j < labels.size(); ++j)
      if (labels[i] > labels[j]) {
        pairs += 1;
        higher += logits[i] > logits[j] ? 1 : 0;
      }
  EXPECT_NEAR(of("auc", TargetKind::TwoClasses, logits, labels), higher / pairs, 2e-3);
  EXPECT_NEAR(of(ofClass("auc", 0), TargetKind::TwoClasses, logits, labels), higher / pairs, 2e-3);
  std::vector<double> scores, classes;  // the same as two outputs
  for (const double logit : logits) scores.insert(scores.end(), {1 - logit / 2, 1 + logit / 2});
  EXPECT_NEAR(of("auc", TargetKind::Classes, scores, labels), higher / pairs, 2e-3);
  // Scores that differ only close to 1 are told apart; equal ones count half.
  EXPECT_DOUBLE_EQ(of("auc", TargetKind::TwoClasses, {9, 9.5, 8.5}, {0, 1, 0}), 1);
  EXPECT_DOUBLE_EQ(of("auc", TargetKind::TwoClasses, {-5.02, -5.0, -4.98}, {0, 0, 1}), 1);
  EXPECT_DOUBLE_EQ(of("auc", TargetKind::TwoClasses, {30, 20, 40}, {0, 0, 1}), 1);
  EXPECT_DOUBLE_EQ(of("auc", TargetKind::TwoClasses, {0.002, -0.002, 0.006}, {0, 0, 1}), 1);
  EXPECT_DOUBLE_EQ(of("auc", TargetKind::TwoClasses, {1, 1}, {0, 1}), 0.5);
  EXPECT_TRUE(std::isnan(of("auc", TargetKind::TwoClasses, {1, 2}, {1, 1}))) << "nothing to compare with";
}

// Two masks of 2 x 3 pixels in three classes, with the value that keras.metrics.MeanIoU has for them.
TEST(Metrics, IntersectionOverUnionOfPixels) {
  const std::vector<double> predicted = {0, 0, 1, 0, 1, 1, 2, 2, 1, 2, 0, 0};
  const std::vector<double> labels = {0, 1, 1, 0, 0, 1, 2, 2, 2, 1, 0, 0};
  std::vector<double> outputs;
  for (const double one : predicted)
    for (const double each : {0.0, 1.0, 2.0}) outputs.push_back(one == each ? 3 : -1);
  // 4 of 6, 2 of 6 and 2 of 4.
  EXPECT_NEAR(of("mean_iou", TargetKind::Classes, outputs, labels), 0.5, 1e-12);
}

TEST(Metrics, OfTwoClassesByOneLogit) {
  const std::vector<double> logits = {2, -1, 0.5, -3, 1}, labels = {1, 1, 0, 0, 1};
  const auto value = [&](const MetricConfig& metric) {
    return of(metric, TargetKind::TwoClasses, logits, labels);
  };
  EXPECT_DOUBLE_EQ(value("accuracy"), 0.6);
  EXPECT_DOUBLE_EQ(value("precision"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(value("recall"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(value(ofClass("precision", 0)), 0.5);
  EXPECT_DOUBLE_EQ(value(ofClass("recall", 0)), 0.5);
  EXPECT_NEAR(value("mean_iou"), (1.0 / 3 + 2.0 / 4) / 2, 1e-12);
}

TEST(Metrics, WithoutPredictionsOfAClassAre0) {
  const std::vector<double> logits = {-2, -1}, labels = {1, 0};
  for (const char* type : {"precision", "recall", "f1"})
    EXPECT_EQ(of(type, TargetKind::TwoClasses, logits, labels), 0) << type;
}

TEST(Metrics, OfValues) {
  const std::vector<double> outputs = {1, 2, 5}, targets = {1, 3, 3};
  EXPECT_DOUBLE_EQ(of("mae", TargetKind::Values, outputs, targets), 1);
  EXPECT_DOUBLE_EQ(of("rmse", TargetKind::Values, outputs, targets), std::sqrt(5.0 / 3));
  EXPECT_NEAR(of("r2", TargetKind::Values, outputs, targets), 1 - (5.0 / 3) / (8.0 / 9), 1e-12);
  EXPECT_TRUE(std::isnan(of("r2", TargetKind::Values, outputs, {3, 3, 3})));
  EXPECT_TRUE(std::isnan(of("r2", TargetKind::Values, outputs, {1e6, 1e6 + 1, 1e6 + 2}))) << "beyond f32";
}

// Ratios of sums over all rows, not means of the parts that are computed at a time.
TEST(Metrics, OfManyRows) {
  std::vector<double> logits, labels;
  double both = 0, predicted = 0;
  for (int i = 0; i < 10'000; ++i) {
    logits.push_back(i < 100 || i % 7 == 0 ? 1 : -1);
    labels.push_back(i % 3 == 0);
    predicted += logits.back() > 0;
    both += logits.back() > 0 && labels.back() > 0;
  }
  EXPECT_NEAR(of("precision", TargetKind::TwoClasses, logits, labels), both / predicted, 1e-12);
}

TEST(Metrics, HaveNamesForResults) {
  EXPECT_EQ(nameOf(MetricConfig("accuracy")), "accuracy");
  EXPECT_EQ(nameOf(MetricConfig("top_k_accuracy")), "top_5_accuracy");
  EXPECT_EQ(nameOf(ofClass("recall", 3)), "recall_class_3");
}

TEST(Metrics, ThatDoNotFitAreRefused) {
  const auto refusal = [](const std::vector<MetricConfig>& metrics, const LossConfig& loss,
                          std::int64_t classes) {
    const Status status = checkMetrics(metrics, loss, classes);
    return status.ok() ? "" : status.error().text();
  };
  EXPECT_EQ(refusal({"accuracy", "f1", ofClass("f1", 0)}, "softmax_cross_entropy", 3), "");
  EXPECT_EQ(
      refusal({"accuracy"}, "huber", 0),
      "the metric \"Accuracy\" does not fit the loss \"Huber\". Remove the metric, or choose another loss");
  EXPECT_EQ(
      refusal({"top_k_accuracy"}, "binary_cross_entropy", 2),
      "the metric \"Top-k accuracy\" does not fit the loss \"Binary cross-entropy\". Remove the metric, or choose "
      "another loss");
  EXPECT_EQ(refusal({"f1", "f1"}, "softmax_cross_entropy", 3),
            "the metric f1_class_1 appears twice. Remove one of the two");
  EXPECT_EQ(
      refusal({ofClass("recall", 3)}, "softmax_cross_entropy", 3),
      "a metric is of class 3, but the classes are numbered from 0 to 2. Choose another class for the metric");
  EXPECT_EQ(refusal({"top_k_accuracy"}, "softmax_cross_entropy", 5),
            "top-5 accuracy is always 1 with 5 classes. Use a smaller k, or remove the metric");
  EXPECT_EQ(refusal({"macro_f1"}, "softmax_cross_entropy", 256), "");
  EXPECT_EQ(
      refusal({"confusion_matrix"}, "softmax_cross_entropy", 257),
      "a confusion matrix has at most 256 classes, but the data has 257. Remove the metrics that need one");
  std::vector<MetricConfig> many;
  for (std::int64_t i = 0; i < 13; ++i) many.push_back(ofClass("f1", i));
  EXPECT_EQ(refusal(many, "softmax_cross_entropy", 20),
            "there are 13 metrics; at most 12 are possible. Remove some of them");
}

Result<Project> read(const std::string& training, int version = 2) {
  return projectFromJson(
      "{\"tandem\": " + std::to_string(version) + R"(, "layers": [], "training": )" + training + "}", "f");
}

TEST(Metrics, AreAListInTheProject) {
  const auto project =
      read(R"({"metrics": ["accuracy", {"type": "top_k_accuracy", "k": 3}, {"type": "f1"}]})");
  ASSERT_TRUE(project.ok()) << project.error().text();
  const std::vector<MetricConfig> wanted{"accuracy", {"top_k_accuracy", {{"k", std::int64_t{3}}}}, "f1"};
  EXPECT_EQ(project->training.heads[0].reportedMetrics(), wanted);
  EXPECT_EQ(*projectFromJson(toJson(*project), "f"), *project);
  const auto usual = read("{}");
  EXPECT_FALSE(usual->training.heads[0].metrics);
  EXPECT_EQ(toJson(*usual).find("\"metrics\""), std::string::npos);
  EXPECT_EQ(usual->training.heads[0].reportedMetrics(), usualMetrics(TargetKind::Classes));
  const auto none = read(R"({"metrics": []})");
  EXPECT_TRUE(none->training.heads[0].reportedMetrics().empty());
  EXPECT_EQ(*projectFromJson(toJson(*none), "f"), *none);
}

TEST(Metrics, MistakesInTheListAreNamed) {
  const std::map<std::string, std::string> cases{
      {R"({"metrics": 3})", "f: training.metrics: must be a list, not a number"},
      {R"({"metrics": [{"k": 3}]})", "f: training.metrics[0]: has no type"},
      {R"({"metrics": [3]})", "f: training.metrics[0]: must be an object with a type, not a number"},
      {R"({"metrics": ["f1", "aux"]})",
       "f: training.metrics[1]: there is no metric \"aux\". Choose one of accuracy, auc, balanced_accuracy, "
       "confusion_matrix, f1, macro_f1, mae, mean_iou, precision, r2, recall, rmse, top_k_accuracy"},
      {R"({"metrics": [{"type": "top_k_accuracy", "k": 1}]})",
       "f: training.metrics[0].k: k must be a whole number from 2 to 1000000, not 1"},
      {R"({"metrics": [{"type": "mae", "k": 1}]})",
       "f: training.metrics[0]: the metric mae has no property 'k'. It has no properties"},
  };
  for (const auto& [json, error] : cases) {
    const auto project = read(json);
    ASSERT_FALSE(project.ok()) << json;
    EXPECT_EQ(project.error().text(), error);
  }
}

TEST(Metrics, OfVersion1) {
  const auto project = read(R"({"top_k": 3, "monitor": "top_k_accuracy"})", 1);
  ASSERT_TRUE(project.ok()) << project.error().text();
  EXPECT_EQ(project->training.heads[0].reportedMetrics(),
            (std::vector<MetricConfig>{"accuracy", {"top_k_accuracy", {{"k", std::int64_t{3}}}}}));
  EXPECT_EQ(project->training.monitor, "top_3_accuracy");
  const auto off = read(R"({"top_k": 5, "loss": "mse", "monitor": "rmse"})", 1);  // had no effect
  ASSERT_TRUE(off.ok()) << off.error().text();
  EXPECT_FALSE(off->training.heads[0].metrics);
  EXPECT_EQ(off->training.monitor, "rmse");
  for (const char* bad :
       {"-3", "\"x\"", "1e30", "2.0", "true", "null", "[]", "18446744073709551615", "2000000"})
    EXPECT_EQ(read(std::string(R"({"top_k": )") + bad + "}", 1).error().text(),
              "f: training.top_k: must be a whole number from 0 to 1000000")
        << bad;
}

TEST(Metrics, AreSetByName) {
  TrainingConfig training;
  ASSERT_TRUE(setTraining(training, "metrics", "accuracy, f1").ok());
  EXPECT_EQ(training.heads[0].reportedMetrics(), (std::vector<MetricConfig>{"accuracy", "f1"}));
  ASSERT_TRUE(setTraining(training, "metrics", R"([{"type": "recall", "class": 0}])").ok());
  EXPECT_EQ(training.heads[0].reportedMetrics(), std::vector<MetricConfig>{ofClass("recall", 0)});
  const Status unknown = setTraining(training, "metrics", "accuracy,aug");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().where, "metrics[1]");
}

TEST(Metrics, FollowTheLoss) {
  TrainingConfig training;
  training.heads[0].metrics = {"accuracy", "f1"};
  training.monitor = "f1_class_1";
  training.heads[0].loss = "binary_cross_entropy";
  fitMetrics(training);
  EXPECT_EQ(training.monitor, "f1_class_1");
  EXPECT_EQ(training.heads[0].reportedMetrics(), (std::vector<MetricConfig>{"accuracy", "f1"}));
  training.heads[0].loss = "mse";
  fitMetrics(training);
  EXPECT_EQ(training.monitor, "loss");
  EXPECT_FALSE(training.heads[0].metrics) << "nothing is left, so the usual ones";
  training.heads[0].metrics = {"mae", "rmse"};
  fitMetrics(training);
  EXPECT_FALSE(training.heads[0].metrics) << "the usual ones";
  training.heads[0].metrics.emplace();
  fitMetrics(training);
  EXPECT_TRUE(training.heads[0].reportedMetrics().empty()) << "as the user wants";
}

}  // namespace
}  // namespace tandem
