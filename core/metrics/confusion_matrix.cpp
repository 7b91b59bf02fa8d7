#include "core/metrics/confusion.h"

namespace tandem::metrics {

extern const MetricDef confusion_matrix;

const MetricDef confusion_matrix = {
    .type = "confusion_matrix",
    .label = "Confusion matrix",
    .summary = "How many samples of each class are predicted as which class, recorded at each epoch.",
    .names = {.pytorch = "torchmetrics.ConfusionMatrix"},
    .properties = {},
    .forms = confusionForms(),
    .view = MetricView::Matrix,
    .evaluationOnly = true,
    .check = checkConfusion,
};

}  // namespace tandem::metrics
