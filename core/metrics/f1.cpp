#include "core/metrics/class_metric.h"

namespace tandem::metrics {

extern const MetricDef f1;

namespace {

double value(std::span<const double> means) {
  return shareOf(2 * means[kCorrect], means[kPredicted] + means[kActual]);
}

}  // namespace

const MetricDef f1 = {
    .type = "f1",
    .label = "F1 score",
    .summary = "The harmonic mean of precision and recall of one class.",
    .names = {.keras = "F1Score", .pytorch = "torchmetrics.F1Score"},
    .properties = classProperties(),
    .pattern = "f1_class_{}",
    .forms = classForms(),
    .value = value,
    .check = checkClass,
};

}  // namespace tandem::metrics
