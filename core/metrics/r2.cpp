#include <cmath>

#include "core/metrics/metric.h"
#include "core/ops/target_moments.h"

namespace tandem::metrics {

extern const MetricDef r2;

namespace {

// Undefined for a constant target, and unknown if the spread of the targets is far below their mean: the moments are f32.
double value(std::span<const double> means) {
  constexpr double kSmallest = 1e-5;
  const double variance = means[2] - means[1] * means[1];
  return variance > kSmallest * means[2] ? 1 - means[0] / variance : std::nan("");
}

}  // namespace

const MetricDef r2 = {
    .type = "r2",
    .label = "R2",
    .summary =
        "The fraction of the target's variance that is predicted: 1 is perfect, 0 as good as the mean.",
    .properties = {},
    .forms = {{.target = TargetKind::Values, .op = &ops::target_moments}},
    .value = value,
};

}  // namespace tandem::metrics
