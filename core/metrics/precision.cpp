#include "core/metrics/class_metric.h"

namespace tandem::metrics {

extern const MetricDef precision;

namespace {

double value(std::span<const double> means) {
  return shareOf(means[kCorrect], means[kPredicted]);
}

}  // namespace

const MetricDef precision = {
    .type = "precision",
    .label = "Precision",
    .summary = "Of the samples predicted as one class, the fraction that belongs to it.",
    .names = {.keras = "Precision", .pytorch = "torchmetrics.Precision"},
    .properties = classProperties(),
    .pattern = "precision_class_{}",
    .forms = classForms(),
    .value = value,
    .check = checkClass,
};

}  // namespace tandem::metrics
