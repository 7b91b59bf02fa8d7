// Means of report values over many batches, each batch weighted by its rows.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/runtime/plan.h"

namespace tandem {

using ReportValues = std::array<float, kReportSlots>;

// Takes square roots for the slots that need one (RMSE is averaged as a square), and converts to the unit in which
// the value is reported.
inline ReportValues finalized(ReportValues values, const std::vector<ReportSlot>& slots) {
  for (const ReportSlot& slot : slots) {
    float& value = values[static_cast<std::size_t>(slot.slot)];
    if (slot.squareRoot) value = std::sqrt(value);
    if (slot.unit != 1) value = static_cast<float>(static_cast<double>(value) * slot.unit);
  }
  return values;
}

struct ReportSums {
  std::array<double, kReportSlots> sums{};  // value times rows
  std::int64_t rows = 0;

  void add(const ReportValues& values, std::int64_t batchRows) {
    for (std::size_t i = 0; i < kReportSlots; ++i)
      sums[i] += static_cast<double>(values[i]) * static_cast<double>(batchRows);
    rows += batchRows;
  }

  ReportValues means(const std::vector<ReportSlot>& slots) const {
    ReportValues values{};
    if (rows == 0) return values;
    for (std::size_t i = 0; i < kReportSlots; ++i)
      values[i] = static_cast<float>(sums[i] / static_cast<double>(rows));
    return finalized(values, slots);
  }
};

}  // namespace tandem
