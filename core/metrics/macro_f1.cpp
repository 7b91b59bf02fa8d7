#include "core/metrics/confusion.h"

namespace tandem::metrics {

extern const MetricDef macro_f1;

namespace {

// As in scikit-learn, classes that neither occur nor are predicted do not count.
double value(std::span<const double> means) {
  return meanOfClasses(
      means, [](const ClassShares& c) { return 2 * c.correct; },
      [](const ClassShares& c) { return c.actual + c.predicted; });
}

}  // namespace

const MetricDef macro_f1 = {
    .type = "macro_f1",
    .label = "Macro F1 score",
    .summary = "The mean of the F1 scores of all classes, each with the same weight.",
    .names = {.keras = "F1Score(average='macro')", .pytorch = "torchmetrics.F1Score(average='macro')"},
    .properties = {},
    .forms = confusionForms(),
    .value = value,
    .evaluationOnly = true,
    .check = checkConfusion,
};

}  // namespace tandem::metrics
