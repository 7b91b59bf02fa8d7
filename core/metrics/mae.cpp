#include "core/metrics/metric.h"
#include "core/ops/regression_error.h"

namespace tandem::metrics {

extern const MetricDef mae;

const MetricDef mae = {
    .type = "mae",
    .label = "Mean absolute error",
    .summary = "The mean distance between prediction and target, in the unit of the target.",
    .names = {.keras = "MeanAbsoluteError", .pytorch = "torchmetrics.MeanAbsoluteError"},
    .properties = {},
    .forms = {{.target = TargetKind::Values,
               .op = &ops::regression_error,
               .fixed = {{"kind", std::string("mae")}}}},
    .higherIsBetter = false,
    .inTargetUnit = true,
};

}  // namespace tandem::metrics
