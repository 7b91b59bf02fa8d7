#include "core/metrics/confusion.h"

namespace tandem::metrics {

extern const MetricDef balanced_accuracy;

namespace {

double value(std::span<const double> means) {
  return meanOfClasses(
      means, [](const ClassShares& c) { return c.correct; }, [](const ClassShares& c) { return c.actual; });
}

}  // namespace

const MetricDef balanced_accuracy = {
    .type = "balanced_accuracy",
    .label = "Balanced accuracy",
    .summary = "The mean of the recalls of all classes: the accuracy if all classes were equally frequent.",
    .names = {.pytorch = "torchmetrics.Accuracy(average='macro')"},
    .properties = {},
    .forms = confusionForms(),
    .value = value,
    .evaluationOnly = true,
    .check = checkConfusion,
};

}  // namespace tandem::metrics
