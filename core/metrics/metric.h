// MetricDef: what training and evaluation report in addition to the loss. One file per metric: metrics/NAME.cpp defines
// `const MetricDef NAME` in namespace tandem::metrics; the build lists the folder. The form in the lab, the project
// file, `tandem train --set metrics=...`, the choice of the best epoch and reports follow from it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/objectives/loss.h"

namespace tandem {

// How a metric is computed for losses of one kind of target.
struct MetricForm {
  TargetKind target = TargetKind::Classes;
  // Operands: as for the loss's op. Result (width) f32: means over the valid rows.
  const OpDef* op = nullptr;
  Attrs fixed = {};           // attributes of the op beside the properties
  bool classIndices = false;  // the op reads i32 classes, also where the loss reads a column of f32 0 and 1
};

// What a metric is shown as.
enum class MetricView : std::uint8_t {
  Number,
  Matrix,  // counts by true and predicted class; its op computes fractions of the rows, (k, k)
};

struct MetricDef {
  std::string_view type;     // "accuracy"; equals the file's basename
  std::string_view label;    // "Accuracy"
  std::string_view summary;  // one sentence for tooltips and help
  LibraryNames names = {};   // in Keras and PyTorch
  // Attributes of the op, with the same keys.
  std::vector<Property> properties;
  // What the value is called in results, with {} for the first property: "top_{}_accuracy". Empty: the type.
  std::string_view pattern = {};
  std::vector<MetricForm> forms;
  // From the means of the op's results over any number of rows; nullptr: the first of them.
  double (*value)(std::span<const double> means) = nullptr;
  MetricView view = MetricView::Number;
  // Computed on validation and test data only, because its op has too many results to read after each step.
  bool evaluationOnly = false;
  bool higherIsBetter = true;
  bool inTargetUnit = false;  // scales with the target
  // The Error if these settings make no sense for data of this number of classes; 0: its targets are numbers.
  Status (*check)(const Attrs& properties, std::int64_t classes) = nullptr;
  // The Error if the metric cannot be computed of targets with this mean and variance.
  Status (*checkTargets)(double mean, double variance) = nullptr;

  const MetricForm* formFor(TargetKind target) const;  // nullptr: does not fit
};

template <>
struct Catalog<MetricDef> {
  static constexpr std::string_view noun = "metric";
  static std::span<const MetricDef* const> all();
  static const MetricDef& fallback();
};

using MetricConfig = Typed<MetricDef>;
// Absent: the usual ones of the loss's targets.
using MetricList = std::optional<std::vector<MetricConfig>>;

inline constexpr std::size_t kMaxMetrics = 12;       // of a head
inline constexpr std::size_t kMaxMetricsOfAll = 30;  // of all heads

// Accuracy and confusion matrix for classes; mean absolute and root mean squared error for values.
// classes: 0 for numbers; absent: not known.
std::vector<MetricConfig> usualMetrics(TargetKind target, std::optional<std::int64_t> classes = {});
// The name in results: "top_5_accuracy".
std::string nameOf(const MetricConfig& metric);
// Errors: a metric that does not fit the loss or the data, two of one name, too many. classes: of the targets, 0 for
// numbers; absent: not known.
Status checkMetrics(std::span<const MetricConfig> metrics, const LossConfig& loss,
                    std::optional<std::int64_t> classes);

// The metric of these rows as its definition computes it in double precision. outputs and targets as for lossOf().
double metricOf(const MetricConfig& metric, TargetKind target, std::int64_t rows,
                std::span<const double> outputs, std::span<const double> targets);

}  // namespace tandem
