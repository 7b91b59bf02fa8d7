// What precision, recall and F1 share: op class_counts of one class.
#pragma once

#include <vector>

#include "core/metrics/metric.h"

namespace tandem::metrics {

// Means that op class_counts computes.
enum ClassCount : std::uint8_t { kCorrect, kPredicted, kActual };

std::vector<Property> classProperties();
std::vector<MetricForm> classForms();
Status checkClass(const Attrs& properties, std::int64_t classes);
// part / whole; 0 if there is nothing to divide by, as in Keras and scikit-learn.
double shareOf(double part, double whole);

}  // namespace tandem::metrics
