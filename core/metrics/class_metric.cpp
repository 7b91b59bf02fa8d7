#include "core/metrics/class_metric.h"

#include "core/ops/class_counts.h"

namespace tandem::metrics {

std::vector<Property> classProperties() {
  return {integerProperty("class", "Class", 1, {0, 1'000'000}, "The index of the class; the first one is 0")};
}

std::vector<MetricForm> classForms() {
  return {{.target = TargetKind::Classes, .op = &ops::class_counts},
          {.target = TargetKind::TwoClasses, .op = &ops::class_counts, .classIndices = true}};
}

Status checkClass(const Attrs& properties, std::int64_t classes) {
  const std::int64_t index = integerOf(classProperties(), properties, "class");
  if (index < classes) return success();
  return invalid(
      fmt::format("a metric is of class {}, but the classes are numbered from 0 to {}", index, classes - 1),
      {}, "Choose another class for the metric");
}

double shareOf(double part, double whole) {
  return whole == 0 ? 0 : part / whole;  // an unknown one remains so
}

}  // namespace tandem::metrics
