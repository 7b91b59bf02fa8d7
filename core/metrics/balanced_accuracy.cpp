#include "core/metrics/confusion.h"

namespace tandem::metrics {

extern const MetricDef balanced_accuracy;

namespace {

double value(std::span<const double> means) {
  double sum = 0, classes = 0;
  for (const ClassShares& each : sharesOf(means)) {
    if (each.actual == 0) continue;
    sum += each.correct / each.actual;
    classes += 1;
  }
  return sum / classes;
}

}  // namespace

const MetricDef balanced_accuracy = {
    .type = "balanced_accuracy",
    .label = "Balanced accuracy",
    .summary = "The mean of the recalls of all classes: the accuracy if all classes were equally frequent.",
    .properties = {},
    .forms = confusionForms(),
    .value = value,
    .evaluationOnly = true,
    .check = checkConfusion,
};

}  // namespace tandem::metrics
