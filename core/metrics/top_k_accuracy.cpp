#include "core/metrics/metric.h"
#include "core/ops/topk_accuracy.h"

namespace tandem::metrics {

extern const MetricDef top_k_accuracy;

namespace {

Status check(const Attrs& properties, std::int64_t classes) {
  const std::int64_t k = integerOf(top_k_accuracy.properties, properties, "k");
  if (k < classes) return success();
  return invalid(fmt::format("top-{} accuracy is always 1 with {} classes", k, classes), {},
                 "Use a smaller k, or remove the metric");
}

}  // namespace

const MetricDef top_k_accuracy = {
    .type = "top_k_accuracy",
    .label = "Top-k accuracy",
    .summary = "The fraction of samples whose class is among the k classes with the highest outputs.",
    .names = {.keras = "SparseTopKCategoricalAccuracy", .pytorch = "torchmetrics.Accuracy(top_k=k)"},
    .properties = {integerProperty("k", "k", 5, {2, 1'000'000}, "How many of the highest outputs count")},
    .pattern = "top_{}_accuracy",
    .forms = {{.target = TargetKind::Classes, .op = &ops::topk_accuracy}},
    .check = check,
};

}  // namespace tandem::metrics
