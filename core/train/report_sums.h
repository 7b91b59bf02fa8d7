// Reported values from the means in the report block, of one batch or of many, each weighted by its rows.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/runtime/backend.h"

namespace tandem {

using ReportValues = std::array<float, kReportSlots>;  // by ReportSlot::slot
using BlockMeans = std::array<double, kReportBlock>;

inline ReportValues reported(const BlockMeans& means, const std::vector<ReportSlot>& slots) {
  ReportValues values{};
  for (const ReportSlot& slot : slots) {
    const auto own =
        std::span(means).subspan(static_cast<std::size_t>(slot.first), static_cast<std::size_t>(slot.width));
    const double value = slot.value ? slot.value(own) : own.front();
    values[static_cast<std::size_t>(slot.slot)] = static_cast<float>(value * slot.unit);
  }
  return values;
}

inline ReportValues reported(const StepReport& step, const std::vector<ReportSlot>& slots) {
  BlockMeans means{};
  std::ranges::copy(step.values, means.begin());
  return reported(means, slots);
}

struct ReportSums {
  BlockMeans sums{};  // value times rows
  std::int64_t rows = 0;

  void add(const StepReport& step, std::int64_t batchRows) {
    for (std::size_t i = 0; i < sums.size(); ++i)
      sums[i] += static_cast<double>(step.values[i]) * static_cast<double>(batchRows);
    rows += batchRows;
  }

  ReportValues values(const std::vector<ReportSlot>& slots) const {
    if (rows == 0) return {};
    BlockMeans means = sums;
    for (double& mean : means) mean /= static_cast<double>(rows);
    return reported(means, slots);
  }
};

}  // namespace tandem
