// What the metrics of op confusion_matrix share.
#pragma once

#include <vector>

#include "core/metrics/metric.h"

namespace tandem::metrics {

std::vector<MetricForm> confusionForms();
Status checkConfusion(const Attrs& properties, std::int64_t classes);

// One class of a confusion matrix; all as fractions of the rows.
struct ClassShares {
  double actual = 0, predicted = 0, correct = 0;
};
// The mean over the classes of part / whole, without those whose whole is 0; NaN without any.
double meanOfClasses(std::span<const double> matrix, double (*part)(const ClassShares&),
                     double (*whole)(const ClassShares&));

}  // namespace tandem::metrics
