// Views of the answers of a network to labelled samples: rankings, curves, calibration, residuals.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/runtime/plan.h"
#include "core/train/answers.h"
#include "core/train/evaluation.h"
#include "core/twin/tensor_difference.h"

namespace tandem {

// A sample among others. Of a sample with a class for each pixel or step, `given` and `predicted` are those of a cell of
// the matrix, or -1.
struct RankedAnswer {
  std::int64_t sample = 0;
  std::int32_t given = -1, predicted = -1;
  double probability =
      0;            // of the predicted class; of several rows per sample: the share of rows that it is about
  double loss = 0;  // the mean over the rows of the sample
};

// All samples, those with the largest loss first.
std::vector<RankedAnswer> hardestAnswers(const ClassAnswers& answers);
// The samples of a cell of the confusion matrix, those with the highest probability of the predicted class first.
// predicted: by row, as ClassAnswers::predicted or predictedAt().
std::vector<RankedAnswer> cellAnswers(const ClassAnswers& answers, const std::vector<std::int32_t>& predicted,
                                      std::int32_t row, std::int32_t column);

// Of two classes: the second where its probability is above the threshold.
std::vector<std::int32_t> predictedAt(const ClassAnswers& answers, double threshold);
// The confusion matrix of these predictions.
ClassCounts countsOf(const ClassAnswers& answers, const std::vector<std::int32_t>& predicted);

struct ThresholdPoint {
  double threshold = 0;  // at and above which a probability counts as positive; infinity where nothing does
  double x = 0, y = 0;
};

struct ScoreCurve {
  std::vector<ThresholdPoint> points;  // the highest threshold first; empty if the area is not defined
  double area = 0;                     // NaN if all samples are of the class, or none
};

// One class against the rest. x: the share of the other samples that count as positive; y: of those of the class.
ScoreCurve rocCurve(const ClassAnswers& answers, std::size_t of);
// x: recall; y: precision. The area is the average precision: of each threshold, its precision times the gain in recall.
ScoreCurve precisionRecallCurve(const ClassAnswers& answers, std::size_t of);

struct ReliabilityBin {
  std::int64_t rows = 0;
  double confidence = 0, accuracy = 0;  // means; 0 without rows
};

struct Reliability {
  std::vector<ReliabilityBin> bins;  // of equal width over the probabilities of the predicted classes
  double error = 0;  // the expected calibration error: the mean of |confidence - accuracy| over rows
};

Reliability reliabilityOf(const ClassAnswers& answers, int bins);

// Of predicted minus given values.
Histogram residualHistogram(const ValueAnswers& answers, int bins);
// The samples with the largest mean squared error first; probability is not set, and the loss is that error.
std::vector<RankedAnswer> hardestAnswers(const ValueAnswers& answers);

// What takes long for many rows, computed once. Curves have few enough points to draw.
struct TargetAnalysis {
  ClassCounts counts;                            // empty for more than kMaxConfusedClasses
  std::vector<ClassScore> scores;                // empty likewise
  std::vector<ScoreCurve> roc, precisionRecall;  // of each class; empty for more than kMaxCurveClasses
  Reliability calibration;
  Histogram residuals;
  std::vector<RankedAnswer> hardest;
};
constexpr std::size_t kMaxCurveClasses = 100;

// proceed: asked now and then; false ends it early, with a result of no use.
TargetAnalysis analyze(const TargetAnswers& answers, const std::function<bool()>& proceed = {});

// Tables of comma-separated values. samples: counted from 1.
std::string samplesCsv(const ClassAnswers& answers, const std::vector<RankedAnswer>& ranked);
std::string samplesCsv(const ValueAnswers& answers, const std::vector<RankedAnswer>& ranked);
std::string matrixCsv(const std::vector<std::string>& classes, const ClassCounts& counts);
std::string scoresCsv(const std::vector<ClassScore>& scores);
// A row per curve, class and threshold. x, y: as those of rocCurve() and precisionRecallCurve().
std::string curvesCsv(const std::vector<std::string>& classes, const TargetAnalysis& analysis);
std::string reliabilityCsv(const Reliability& calibration);
std::string quotedCsv(const std::string& text);

}  // namespace tandem
