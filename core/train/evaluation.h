// How well predictions agree with labels: `tandem evaluate`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/data/dataset.h"
#include "core/data/encode.h"
#include "core/metrics/metric.h"
#include "core/network/output_meaning.h"
#include "core/runtime/plan.h"

namespace tandem {

struct ClassScore {
  std::string name;
  std::int64_t samples = 0, predicted = 0, correct = 0;
  double precision() const;  // of the samples predicted as this class, those that are; NaN if there are none
  double recall() const;     // of the samples of this class, those predicted as it; NaN if there are none
  double f1() const;         // the harmonic mean of both
  double iou() const;  // intersection over union of the samples and those predicted; NaN if there are none
};

// A matrix of more, such as the words of a vocabulary, needs too much memory.
constexpr std::size_t kMaxConfusedClasses = 2000;

struct Evaluation {
  std::int64_t samples = 0;
  std::optional<double> loss;  // of a regression only as regressionLoss() gives it
  // Of a classification.
  std::vector<ClassScore> classes;  // empty for a regression
  ClassCounts confusion;            // empty if there are more than kMaxConfusedClasses
  std::vector<std::pair<std::string, double>>
      metrics;  // those of training by name, except the accuracy and those below
  double accuracy() const;
  // Of a regression, in the unit of the target; r2 is 1 - mse / variance, NaN for a constant target.
  double mae = 0, mse = 0, rmse = 0, r2 = 0;
};

// The scores of the classes of a confusion matrix.
std::vector<ClassScore> classScores(const std::vector<std::string>& names, const ClassCounts& confusion);

// Where a matrix counts wrong predictions: the indices of the `most` largest counts, the largest first.
std::vector<std::size_t> frequentConfusions(const ClassCounts& confusion, std::size_t classes,
                                            std::size_t most);

// The index of the class that a row of outputs predicts. As in training: of two classes with one output, the second where
// its probability is above one half.
std::size_t predictedClass(std::span<const float> row, OutputMeaning meaning, std::size_t classes);

// outputs: (rows, classes) as Predictor::run() returns them; a single column is that of the second of two classes.
// loss: what training minimizes, or the cross-entropy of that number of outputs; metrics: what it reports.
Evaluation evaluateClasses(std::span<const float> outputs, OutputMeaning meaning,
                           std::span<const std::int32_t> classOf, const std::vector<std::string>& classNames,
                           const LossConfig& loss, std::span<const MetricConfig> metrics = {});
// Outputs as the loss reads them: before the activation that made them probabilities or shares.
std::vector<double> beforeActivation(std::span<const float> outputs, OutputMeaning meaning,
                                     const LossConfig& loss);

// predictions and targets: (rows, targets). Without a loss.
Evaluation evaluateValues(std::span<const double> predictions, std::span<const double> targets);
// The loss of outputs as the network computes them, (rows, targets), and of each target's values in its own unit, which
// its field may standardize.
double regressionLoss(std::span<const float> outputs, std::span<const std::vector<double>> values,
                      std::span<const Field* const> targets, const LossConfig& loss);

// Samples of a dataset as the input of a trained model, with the model's normalization and class order. Errors: other
// fields or categories, classes that the model does not know, no labels.
Result<EncodedSamples> encodeSamples(const Dataset& data, std::span<const std::int64_t> indices,
                                     const Preprocessing& preprocessing);

}  // namespace tandem
