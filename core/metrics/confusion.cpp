#include "core/metrics/confusion.h"

#include <cmath>

#include "core/ops/confusion_matrix.h"

namespace tandem::metrics {
namespace {

std::vector<ClassShares> sharesOf(std::span<const double> matrix) {
  const auto count = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(matrix.size()))));
  std::vector<ClassShares> shares(count);
  for (std::size_t t = 0; t < count; ++t)
    for (std::size_t p = 0; p < count; ++p) {
      const double rows = matrix[t * count + p];
      shares[t].actual += rows;
      shares[p].predicted += rows;
      if (t == p) shares[t].correct += rows;
    }
  return shares;
}

}  // namespace

std::vector<MetricForm> confusionForms() {
  return {{.target = TargetKind::Classes, .op = &ops::confusion_matrix},
          {.target = TargetKind::TwoClasses, .op = &ops::confusion_matrix, .classIndices = true}};
}

Status checkConfusion(const Attrs&, std::int64_t classes) {
  if (classes < 2) return invalid("a confusion matrix needs at least two classes", {}, "Remove the metric");
  if (classes <= ops::kMaxMatrixClasses) return success();
  return invalid(fmt::format("a confusion matrix has at most {} classes, but the data has {}",
                             ops::kMaxMatrixClasses, classes),
                 {}, "Remove the metrics that need one");
}

double meanOfClasses(std::span<const double> matrix, double (*part)(const ClassShares&),
                     double (*whole)(const ClassShares&)) {
  double sum = 0, classes = 0;
  for (const ClassShares& each : sharesOf(matrix)) {
    if (whole(each) == 0) continue;
    sum += part(each) / whole(each);
    classes += 1;
  }
  return sum / classes;
}

}  // namespace tandem::metrics
