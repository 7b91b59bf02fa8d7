// Reported values from the means in the report block, of one batch or of many, each weighted by its rows.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "core/runtime/backend.h"

namespace tandem {

using ReportValues = std::array<float, kReportSlots>;  // by ReportSlot::slot

// block: means of what the device reports.
inline double valueOf(const ReportSlot& slot, std::span<const double> block) {
  const auto own = block.subspan(static_cast<std::size_t>(slot.first), static_cast<std::size_t>(slot.width));
  if (slot.weights.empty()) return (slot.value ? slot.value(own) : own.front()) * slot.unit;
  return std::inner_product(own.begin(), own.end(), slot.weights.begin(), 0.0) * slot.unit;
}

// block: what the device reports after a training step.
inline double valueOf(const ReportSlot& slot, std::span<const float> block) {
  std::array<double, kReportBlock> means{};
  TANDEM_CHECK(block.size() <= means.size(), "a training step reports a few values");
  std::ranges::copy(block, means.begin());
  return valueOf(slot, std::span<const double>(means));
}

// Values that the phase does not compute: NaN, or 0 for those that only training reports.
inline ReportValues reported(std::span<const double> means, const std::vector<ReportSlot>& slots,
                             Phase phase) {
  ReportValues values{};
  for (const ReportSlot& slot : slots) {
    float& value = values[static_cast<std::size_t>(slot.slot)];
    if (phase == Phase::Train && slot.evaluationOnly)
      value = std::numeric_limits<float>::quiet_NaN();
    else if (phase == Phase::Train || !slot.trainingOnly)
      value = static_cast<float>(valueOf(slot, means));
  }
  return values;
}

inline ReportValues reported(const StepReport& step, const std::vector<ReportSlot>& slots) {
  std::array<double, kReportBlock> means{};
  TANDEM_CHECK(step.values.size() <= means.size(), "a training step reports a few values");
  std::ranges::copy(step.values, means.begin());
  return reported(means, slots, Phase::Train);
}

struct ReportSums {
  std::vector<double> sums;  // value times rows
  std::int64_t rows = 0;

  void add(const StepReport& step, std::int64_t batchRows) {
    if (sums.size() < step.values.size()) sums.resize(step.values.size());  // only at first
    for (std::size_t i = 0; i < step.values.size(); ++i)
      sums[i] += static_cast<double>(step.values[i]) * static_cast<double>(batchRows);
    rows += batchRows;
  }

  void clear() {
    std::ranges::fill(sums, 0.0);
    rows = 0;
  }

  ReportValues values(const std::vector<ReportSlot>& slots, Phase phase) const {
    if (rows == 0) return {};
    std::vector<double> means = sums;
    for (double& mean : means) mean /= static_cast<double>(rows);
    return reported(means, slots, phase);
  }
};

// Counts are rounded for each batch, so that their sums are exact.
inline void addCounts(const ReportMatrix& matrix, const StepReport& step, std::int64_t batchRows,
                      ClassCounts& counts) {
  counts.resize(matrix.size());
  const auto rows = static_cast<double>(batchRows * matrix.rowsPerSample);
  const auto fractions = step.values.subspan(static_cast<std::size_t>(matrix.first), counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i)
    counts[i] += std::llround(static_cast<double>(fractions[i]) * rows);
}

}  // namespace tandem
