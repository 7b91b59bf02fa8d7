#include <cmath>

#include "core/metrics/metric.h"
#include "core/ops/regression_error.h"

namespace tandem::metrics {

extern const MetricDef rmse;

const MetricDef rmse = {
    .type = "rmse",
    .label = "Root mean squared error",
    .summary = "The root of the mean squared error over all samples, in the unit of the target.",
    .names = {.keras = "RootMeanSquaredError", .pytorch = "torchmetrics.MeanSquaredError(squared=False)"},
    .properties = {},
    .forms = {{.target = TargetKind::Values,
               .op = &ops::regression_error,
               .fixed = {{"kind", std::string("mse")}}}},
    .value = [](std::span<const double> means) { return std::sqrt(means[0]); },
    .higherIsBetter = false,
    .inTargetUnit = true,
};

}  // namespace tandem::metrics
