// Reported values from the means in the report block, of one batch or of many, each weighted by its rows.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "core/runtime/backend.h"

namespace tandem {

using ReportValues = std::array<float, kReportSlots>;  // by ReportSlot::slot
using BlockMeans = std::array<double, kReportBlock>;

// block: what the device reports, or means of it.
template <class T>
double valueOf(const ReportSlot& slot, std::span<const T> block) {
  std::array<double, kReportBlock> means{};
  const auto own = std::span(means).first(static_cast<std::size_t>(slot.width));
  std::ranges::copy(block.subspan(static_cast<std::size_t>(slot.first), own.size()), own.begin());
  if (slot.weights.empty()) return (slot.value ? slot.value(own) : own.front()) * slot.unit;
  return std::inner_product(own.begin(), own.end(), slot.weights.begin(), 0.0) * slot.unit;
}

inline ReportValues reported(const BlockMeans& means, const std::vector<ReportSlot>& slots) {
  ReportValues values{};
  for (const ReportSlot& slot : slots)
    values[static_cast<std::size_t>(slot.slot)] =
        static_cast<float>(valueOf(slot, std::span<const double>(means)));
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
