#include "core/metrics/confusion.h"

namespace tandem::metrics {

extern const MetricDef macro_f1;

namespace {

// As in scikit-learn, classes that neither occur nor are predicted do not count.
double value(std::span<const double> means) {
  double sum = 0, classes = 0;
  for (const ClassShares& each : sharesOf(means)) {
    if (each.actual + each.predicted == 0) continue;
    sum += 2 * each.correct / (each.actual + each.predicted);
    classes += 1;
  }
  return sum / classes;
}

}  // namespace

const MetricDef macro_f1 = {
    .type = "macro_f1",
    .label = "Macro F1 score",
    .summary = "The mean of the F1 scores of all classes, each with the same weight.",
    .properties = {},
    .forms = confusionForms(),
    .value = value,
    .evaluationOnly = true,
    .check = checkConfusion,
};

}  // namespace tandem::metrics
