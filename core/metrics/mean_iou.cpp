#include "core/metrics/confusion.h"

namespace tandem::metrics {

extern const MetricDef mean_iou;

namespace {

// As in Keras, classes that neither occur nor are predicted do not count.
double value(std::span<const double> means) {
  return meanOfClasses(
      means, [](const ClassShares& c) { return c.correct; },
      [](const ClassShares& c) { return c.actual + c.predicted - c.correct; });
}

}  // namespace

const MetricDef mean_iou = {
    .type = "mean_iou",
    .label = "Mean IoU",
    .summary =
        "The mean over the classes of intersection over union: of the samples or pixels that are of the "
        "class or predicted as it, the fraction that are both.",
    .names = {.keras = "MeanIoU(sparse_y_pred=False)", .pytorch = "torchmetrics.JaccardIndex"},
    .properties = {},
    .forms = confusionForms(),
    .value = value,
    .evaluationOnly = true,
    .check = checkConfusion,
};

}  // namespace tandem::metrics
