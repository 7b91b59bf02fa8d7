#include <cmath>

#include "core/metrics/class_metric.h"
#include "core/ops/score_histogram.h"

namespace tandem::metrics {

extern const MetricDef auc;

namespace {

// The probability that a sample of the class has a higher score than one of another class; equal scores, and those in
// one interval, count half. NaN without samples of both kinds.
double value(std::span<const double> means) {
  const auto others = means.first(ops::kScoreBins), own = means.subspan(ops::kScoreBins);
  double below = 0, higher = 0, all = 0;
  for (std::size_t i = 0; i < own.size(); ++i) {
    higher += own[i] * (below + others[i] / 2);
    below += others[i];
    all += own[i];
  }
  return below * all > 0 ? higher / (below * all) : std::nan("");
}

std::vector<MetricForm> forms() {
  return {{.target = TargetKind::Classes, .op = &ops::score_histogram},
          {.target = TargetKind::TwoClasses, .op = &ops::score_histogram, .classIndices = true}};
}

}  // namespace

const MetricDef auc = {
    .type = "auc",
    .label = "AUC",
    .summary = "The area under the ROC curve of one class: how well its score separates it from the others.",
    .names = {.keras = "AUC", .pytorch = "torchmetrics.AUROC"},
    .properties = classProperties(),
    .pattern = "auc_class_{}",
    .forms = forms(),
    .value = value,
    .evaluationOnly = true,
    .check = checkClass,
};

}  // namespace tandem::metrics
