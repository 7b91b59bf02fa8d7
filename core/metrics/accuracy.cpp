#include "core/metrics/metric.h"
#include "core/ops/binary_accuracy.h"
#include "core/ops/topk_accuracy.h"

namespace tandem::metrics {

extern const MetricDef accuracy;

const MetricDef accuracy = {
    .type = "accuracy",
    .label = "Accuracy",
    .summary = "The fraction of samples whose class is predicted correctly.",
    .names = {.keras = "SparseCategoricalAccuracy / BinaryAccuracy", .pytorch = "torchmetrics.Accuracy"},
    .properties = {},
    .forms = {{.target = TargetKind::Classes, .op = &ops::topk_accuracy, .fixed = {{"k", std::int64_t{1}}}},
              {.target = TargetKind::TwoClasses, .op = &ops::binary_accuracy}},
};

}  // namespace tandem::metrics
