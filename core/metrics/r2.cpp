#include <cmath>

#include "core/metrics/metric.h"
#include "core/ops/target_moments.h"

namespace tandem::metrics {

extern const MetricDef r2;

namespace {

// The op's moments are f32.
bool hasSpread(double variance, double meanSquare) {
  constexpr double kSmallest = 1e-5;
  return variance > kSmallest * meanSquare;
}

double value(std::span<const double> means) {
  const double variance = means[2] - means[1] * means[1];
  return hasSpread(variance, means[2]) ? 1 - means[0] / variance : std::nan("");
}

Status checkTargets(double mean, double variance) {
  if (hasSpread(variance, mean * mean + variance)) return success();
  return invalid(
      fmt::format(
          "R2 cannot be computed: the targets, {:.4g} on average with a standard deviation of {:.4g}, hardly vary",
          mean, std::sqrt(variance)),
      "training.metrics", "Remove the metric, or standardize the targets (data.standardize_targets)");
}

}  // namespace

const MetricDef r2 = {
    .type = "r2",
    .label = "R2",
    .summary =
        "The fraction of the target's variance that is predicted: 1 is perfect, 0 is as good as always predicting the mean.",
    .names = {.keras = "R2Score", .pytorch = "torchmetrics.R2Score"},
    .properties = {},
    .forms = {{.target = TargetKind::Values, .op = &ops::target_moments}},
    .value = value,
    .checkTargets = checkTargets,
};

}  // namespace tandem::metrics
