#include "core/metrics/class_metric.h"

namespace tandem::metrics {

extern const MetricDef recall;

namespace {

double value(std::span<const double> means) {
  return shareOf(means[kCorrect], means[kActual]);
}

}  // namespace

const MetricDef recall = {
    .type = "recall",
    .label = "Recall",
    .summary = "Of the samples of one class, the fraction that is predicted correctly.",
    .names = {.keras = "Recall", .pytorch = "torchmetrics.Recall"},
    .properties = classProperties(),
    .pattern = "recall_class_{}",
    .forms = classForms(),
    .value = value,
    .check = checkClass,
};

}  // namespace tandem::metrics
