// What the views of an evaluation show of given answers.
#include "core/report/answer_analysis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/report/evaluation_job.h"
#include "core/train/evaluation.h"

namespace tandem {
namespace {

// The example of scikit-learn's roc_auc_score and average_precision_score: labels 0, 0, 1, 1.
ClassAnswers binary() {
  return classAnswers(std::vector<float>{0.1f, 0.4f, 0.35f, 0.8f}, OutputMeaning::Probabilities,
                      std::vector<std::int32_t>{0, 0, 1, 1}, {"no", "yes"});
}

TEST(AnswerAnalysis, ProbabilitiesAndLossesAreThoseOfLogits) {
  const ClassAnswers answers =
      classAnswers(std::vector<float>{0, 0, std::log(2.0f), 200, 0, 0}, OutputMeaning::SoftmaxLogits,
                   std::vector<std::int32_t>{2, 1}, {"a", "b", "c"});
  EXPECT_NEAR(answers.probability(0, 0), 0.25, 1e-6);
  EXPECT_NEAR(answers.probability(0, 2), 0.5, 1e-6);
  EXPECT_NEAR(answers.loss[0], std::log(2.0), 1e-6);
  EXPECT_NEAR(answers.loss[1], 200, 1e-6);
  EXPECT_EQ(answers.predicted, (std::vector<std::int32_t>{2, 0}));
  const ClassAnswers two = classAnswers(std::vector<float>{100, -1}, OutputMeaning::SigmoidLogits,
                                        std::vector<std::int32_t>{0, 1}, {"a", "b"});
  EXPECT_NEAR(two.loss[0], 100, 1e-9);
  EXPECT_NEAR(two.loss[1], std::log(1 + std::exp(1.0)), 1e-9);
  EXPECT_EQ(two.predicted, (std::vector<std::int32_t>{1, 0}));
}

TEST(AnswerAnalysis, RocCurveIsThatOfScikitLearn) {
  // roc_curve(y, s, drop_intermediate=False): fpr 0, 0, 0.5, 0.5, 1; tpr 0, 0.5, 0.5, 1, 1; roc_auc_score 0.75.
  const ScoreCurve curve = rocCurve(binary(), 1);
  EXPECT_DOUBLE_EQ(curve.area, 0.75);
  const double x[] = {0, 0, 0.5, 0.5, 1}, y[] = {0, 0.5, 0.5, 1, 1};
  ASSERT_EQ(curve.points.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_DOUBLE_EQ(curve.points[i].x, x[i]);
    EXPECT_DOUBLE_EQ(curve.points[i].y, y[i]);
  }
  // One class against the rest of two is the same from the other side.
  EXPECT_DOUBLE_EQ(rocCurve(binary(), 0).area, 0.75);
}

TEST(AnswerAnalysis, AveragePrecisionIsThatOfScikitLearn) {
  // average_precision_score: 0.8333... = 0.5 * 1 + 0.5 * 2 / 3.
  const ScoreCurve curve = precisionRecallCurve(binary(), 1);
  EXPECT_NEAR(curve.area, 5.0 / 6, 1e-12);
  EXPECT_DOUBLE_EQ(curve.points.back().x, 1);
  EXPECT_DOUBLE_EQ(curve.points.back().y, 0.5);
}

TEST(AnswerAnalysis, EqualProbabilitiesAreOnePoint) {
  const ClassAnswers answers =
      classAnswers(std::vector<float>{0.5f, 0.5f, 0.5f, 0.5f}, OutputMeaning::Probabilities,
                   std::vector<std::int32_t>{0, 1, 1, 0}, {"no", "yes"});
  const ScoreCurve curve = rocCurve(answers, 1);
  EXPECT_EQ(curve.points.size(), 2u);
  EXPECT_DOUBLE_EQ(curve.area, 0.5);
}

TEST(AnswerAnalysis, OneClassAloneHasNoCurve) {
  const ClassAnswers answers = classAnswers(std::vector<float>{0.2f, 0.7f}, OutputMeaning::Probabilities,
                                            std::vector<std::int32_t>{1, 1}, {"no", "yes"});
  EXPECT_TRUE(std::isnan(rocCurve(answers, 1).area) && rocCurve(answers, 1).points.empty());
  EXPECT_TRUE(std::isnan(precisionRecallCurve(answers, 0).area));
}

TEST(AnswerAnalysis, TheThresholdMovesTheMatrix) {
  const ClassAnswers answers = binary();
  EXPECT_EQ(countsOf(answers, answers.predicted), (ClassCounts{2, 0, 1, 1}));
  EXPECT_EQ(countsOf(answers, predictedAt(answers, 0.5)), (ClassCounts{2, 0, 1, 1}));
  EXPECT_EQ(countsOf(answers, predictedAt(answers, 0.3)), (ClassCounts{1, 1, 0, 2}));
  EXPECT_EQ(countsOf(answers, predictedAt(answers, 1)), (ClassCounts{2, 0, 2, 0}));
}

TEST(AnswerAnalysis, HardestSamplesAreRankedByLoss) {
  const std::vector<RankedAnswer> ranked = hardestAnswers(binary());
  ASSERT_EQ(ranked.size(), 4u);
  EXPECT_EQ(ranked[0].sample, 2);  // -log(0.35)
  EXPECT_EQ(ranked[0].given, 1);
  EXPECT_EQ(ranked[0].predicted, 0);
  EXPECT_NEAR(ranked[0].probability, 0.65, 1e-6);
  EXPECT_NEAR(ranked[0].loss, 1.0498221, 1e-6);
  EXPECT_EQ(ranked[1].sample, 1);  // -log(0.6)
  EXPECT_EQ(ranked[3].sample, 0);  // -log(0.9)
}

TEST(AnswerAnalysis, ACellListsItsSamplesByConfidence) {
  const ClassAnswers answers = binary();
  const std::vector<RankedAnswer> correct = cellAnswers(answers, answers.predicted, 0, 0);
  ASSERT_EQ(correct.size(), 2u);
  EXPECT_EQ(correct[0].sample, 0);
  EXPECT_NEAR(correct[0].probability, 0.9, 1e-6);
  EXPECT_EQ(correct[1].sample, 1);
  EXPECT_TRUE(cellAnswers(answers, answers.predicted, 0, 1).empty());
}

TEST(AnswerAnalysis, SamplesOfSeveralRowsAreRankedAsAWhole) {
  ClassAnswers answers = binary();
  answers.perSample = 2;
  const std::vector<RankedAnswer> ranked = hardestAnswers(answers);
  ASSERT_EQ(ranked.size(), 2u);
  EXPECT_EQ(ranked[0].sample, 1);
  EXPECT_DOUBLE_EQ(ranked[0].probability, 0.5);
  EXPECT_NEAR(ranked[0].loss, (-std::log(0.35) - std::log(0.8)) / 2, 1e-6);
  const std::vector<RankedAnswer> cell = cellAnswers(answers, answers.predicted, 1, 0);
  ASSERT_EQ(cell.size(), 1u);
  EXPECT_EQ(cell[0].sample, 1);
  EXPECT_DOUBLE_EQ(cell[0].probability, 0.5);
}

// Sequences of 1, 3 and 1 steps, of which there are more than the mean length divides.
TEST(AnswerAnalysis, SamplesThatVaryInTheirRowsKeepTheirOwn) {
  ClassAnswers answers =
      classAnswers(std::vector<float>{0.1f, 0.4f, 0.35f, 0.8f, 0.9f}, OutputMeaning::Probabilities,
                   std::vector<std::int32_t>{0, 0, 1, 1, 0}, {"no", "yes"});
  answers.perSample = 3;
  answers.ends = {1, 4, 5};
  const std::vector<RankedAnswer> ranked = hardestAnswers(answers);
  ASSERT_EQ(ranked.size(), 3u);
  EXPECT_EQ(ranked[0].sample, 2);
  EXPECT_DOUBLE_EQ(ranked[0].probability, 0);
  EXPECT_NEAR(ranked[0].loss, -std::log(0.1), 1e-5);
  EXPECT_EQ(ranked[1].sample, 1);
  EXPECT_DOUBLE_EQ(ranked[1].probability, 2.0 / 3);
  EXPECT_NEAR(ranked[1].loss, (-std::log(0.6) - std::log(0.35) - std::log(0.8)) / 3, 1e-6);
  EXPECT_EQ(ranked[2].sample, 0);
  const std::vector<RankedAnswer> cell = cellAnswers(answers, answers.predicted, 0, 1);
  ASSERT_EQ(cell.size(), 1u);
  EXPECT_EQ(cell[0].sample, 2);
  EXPECT_DOUBLE_EQ(cell[0].probability, 1);
  const ValueAnswers values{{1, 2, 3, 4, 5}, {1, 2, 3, 7, 5}, 3, {1, 4, 5}};
  const std::vector<RankedAnswer> numbers = hardestAnswers(values);
  ASSERT_EQ(numbers.size(), 3u);
  EXPECT_EQ(numbers[0].sample, 1);
  EXPECT_DOUBLE_EQ(numbers[0].loss, 3);
}

// Sequences of 1, 2 and 1 steps: the mean length is not that of any of them.
TEST(AnswerAnalysis, SamplesThatDifferInLengthHaveTheirOwnRows) {
  ClassAnswers answers = binary();
  answers.perSample = 2;
  answers.ends = {1, 3, 4};
  const std::vector<RankedAnswer> ranked = hardestAnswers(answers);
  ASSERT_EQ(ranked.size(), 3u);
  EXPECT_EQ(ranked[0].sample, 1);  // a correct and a wrong step
  EXPECT_DOUBLE_EQ(ranked[0].probability, 0.5);
  EXPECT_NEAR(ranked[0].loss, (-std::log(0.6) - std::log(0.35)) / 2, 1e-6);
  EXPECT_EQ(ranked[1].sample, 2);
  EXPECT_DOUBLE_EQ(ranked[1].probability, 1);
  EXPECT_NEAR(ranked[1].loss, -std::log(0.8), 1e-6);
  const std::vector<RankedAnswer> cell = cellAnswers(answers, answers.predicted, 0, 0);
  ASSERT_EQ(cell.size(), 2u);
  EXPECT_EQ(cell[0].sample, 0);  // all of its steps
  EXPECT_DOUBLE_EQ(cell[0].probability, 1);
  EXPECT_EQ(cell[1].sample, 1);
  EXPECT_DOUBLE_EQ(cell[1].probability, 0.5);

  ValueAnswers values{{1, 2, 3, 4}, {1, 4, 3, 1}, 2};
  values.ends = {1, 3, 4};
  const std::vector<RankedAnswer> errors = hardestAnswers(values);
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_EQ(errors[0].sample, 2);
  EXPECT_DOUBLE_EQ(errors[0].loss, 9);
  EXPECT_EQ(errors[1].sample, 1);
  EXPECT_DOUBLE_EQ(errors[1].loss, 2);
}

TEST(AnswerAnalysis, LongCurvesAreThinnedButKeepTheirAreaAndEnd) {
  std::vector<float> outputs;
  std::vector<std::int32_t> classOf;
  for (int i = 0; i < 10'000; ++i) {
    outputs.push_back(static_cast<float>(i) / 10'000);
    classOf.push_back(i % 3 == 0 || i > 5000 ? 1 : 0);
  }
  TargetAnswers answers;
  answers.ofClasses = true;
  answers.classes = classAnswers(outputs, OutputMeaning::Probabilities, classOf, {"no", "yes"});
  const ScoreCurve all = rocCurve(answers.classes, 1);
  EXPECT_EQ(all.points.size(), 10'001u);
  const TargetAnalysis analysis = analyze(answers);
  ASSERT_EQ(analysis.roc.size(), 2u);
  EXPECT_LE(analysis.roc[1].points.size(), 2'002u);
  EXPECT_DOUBLE_EQ(analysis.roc[1].area, all.area);
  EXPECT_DOUBLE_EQ(analysis.roc[1].points.back().x, 1);
  EXPECT_DOUBLE_EQ(analysis.roc[1].points.back().y, 1);
  int asked = 0;
  const TargetAnalysis stopped = analyze(answers, [&] { return ++asked == 1; });
  EXPECT_EQ(stopped.roc.size(), 1u);
}

TEST(AnswerAnalysis, CalibrationComparesConfidenceWithAccuracy) {
  // By hand, bins of 0.25: confidences 0.9 and 0.8 (both correct), 0.65 (wrong) and 0.6 (correct), so that the error
  // is (|1.7 - 2| + |1.25 - 1|) / 4.
  const Reliability calibration = reliabilityOf(binary(), 4);
  EXPECT_EQ(calibration.bins[3].rows, 2);
  EXPECT_NEAR(calibration.bins[3].confidence, 0.85, 1e-6);
  EXPECT_DOUBLE_EQ(calibration.bins[3].accuracy, 1);
  EXPECT_EQ(calibration.bins[2].rows, 2);
  EXPECT_NEAR(calibration.bins[2].confidence, 0.625, 1e-6);
  EXPECT_DOUBLE_EQ(calibration.bins[2].accuracy, 0.5);
  EXPECT_EQ(calibration.bins[0].rows, 0);
  EXPECT_NEAR(calibration.error, 0.1375, 1e-6);
}

TEST(AnswerAnalysis, ResidualsAreCounted) {
  const ValueAnswers answers{{1, 2, 3, 4}, {1, 3, 3, 2}, 1};  // residuals 0, 1, 0, -2
  const Histogram histogram = residualHistogram(answers, 3);
  EXPECT_DOUBLE_EQ(histogram.low, -2);
  EXPECT_DOUBLE_EQ(histogram.high, 1);
  EXPECT_EQ(histogram.counts, (std::vector<std::size_t>{1, 0, 3}));
  const std::vector<RankedAnswer> ranked = hardestAnswers(answers);
  EXPECT_EQ(ranked[0].sample, 3);
  EXPECT_DOUBLE_EQ(ranked[0].loss, 4);
  EXPECT_EQ(residualHistogram({{1, 1}, {2, 2}, 1}, 3).counts, (std::vector<std::size_t>{2, 0, 0}));
}

TEST(AnswerAnalysis, TablesQuoteNames) {
  ClassAnswers answers = binary();
  answers.classes = {"no, never", "yes"};
  const std::string csv = samplesCsv(answers, hardestAnswers(answers));
  EXPECT_TRUE(csv.starts_with("sample,given,predicted,probability,loss\n3,yes,\"no, never\",0.65,1.04982\n"))
      << csv;
  TargetAnalysis analysis;
  analysis.roc = {{}, rocCurve(binary(), 1)};
  analysis.precisionRecall = {{}, precisionRecallCurve(binary(), 1)};
  const std::string curves = curvesCsv({"no", "line\nbreak"}, analysis);
  EXPECT_TRUE(curves.starts_with("curve,class,threshold,x,y\nROC,\"line\nbreak\",inf,0,0\n")) << curves;
  EXPECT_NE(curves.find("precision-recall,\"line\nbreak\",inf,0,1\n"), std::string::npos) << curves;
  const ValueAnswers values{{1, 2}, {1, 4}, 1};
  EXPECT_EQ(samplesCsv(values, hardestAnswers(values)), "sample,given,predicted,mse\n2,2,4,4\n1,1,1,0\n");
}

TEST(AnswerAnalysis, PredictionsThatAreNotFiniteAreRefused) {
  EXPECT_TRUE(checkFinite(std::vector<float>{1, 2}, "out").ok());
  const Status bad =
      checkFinite(std::vector<float>{1, std::nanf(""), std::numeric_limits<float>::infinity()}, "out");
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().message, "2 of 3 predicted values are not finite numbers");
  EXPECT_EQ(bad.error().where, "out");
}

TEST(AnswerAnalysis, SequencesAreDescribedByTheirFirstRow) {
  ModelEvaluation evaluation;
  evaluation.labelled.samples.rows = 2;
  evaluation.labelled.samples.inputs = {{0, 1, 2, 3, 4, 5, 0, 0}};
  evaluation.labelled.samples.lengths = {{2, 1}};
  Field price, volume;
  price.name = "price";
  price.mean = {10};
  price.scale = {0.5};
  volume.name = "volume";
  evaluation.preprocessing.fields = {price, volume};
  evaluation.preprocessing.series.steps = 2;
  evaluation.preprocessing.series.whole = true;
  EXPECT_EQ(sampleText(evaluation, 0), "2 steps, the first: price 10, volume 1");
  EXPECT_EQ(sampleText(evaluation, 1), "1 step, the first: price 18, volume 5");
}

TEST(AnswerAnalysis, IntersectionOverUnionOfEachClass) {
  // By hand: 2 of class a and 1 of class b correct, 1 of b as a.
  const std::vector<ClassScore> scores = classScores({"a", "b", "c"}, {2, 0, 0, 1, 1, 0, 0, 0, 0});
  EXPECT_DOUBLE_EQ(scores[0].iou(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(scores[1].iou(), 0.5);
  EXPECT_TRUE(std::isnan(scores[2].iou()));
}

}  // namespace
}  // namespace tandem
