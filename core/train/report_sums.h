// Reported values from those in the report block, of one batch or of many, reduced as their slots say (Reducer).
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

// The reducers of the first values of the report block; the others are means over rows.
inline std::vector<Reducer> reducersOf(const std::vector<ReportSlot>& slots) {
  std::vector<Reducer> reducers;
  for (const ReportSlot& slot : slots) {
    if (slot.reducer == Reducer::MeanOverRows) continue;
    const auto first = static_cast<std::size_t>(slot.first),
               end = first + static_cast<std::size_t>(slot.width);
    if (reducers.size() < end) reducers.resize(end, Reducer::MeanOverRows);
    std::fill(reducers.begin() + slot.first, reducers.begin() + slot.first + slot.width, slot.reducer);
  }
  return reducers;
}

// Where the report block has the number of rows of each value (ReportSlot::counts); of such a number its own place, and
// -1 for means over the samples.
inline std::vector<int> countsOf(const std::vector<ReportSlot>& slots) {
  std::vector<int> counts;
  const auto set = [&](std::size_t place, int count) {
    if (counts.size() <= place) counts.resize(place + 1, -1);
    counts[place] = count;
  };
  for (const ReportSlot& slot : slots)
    for (std::size_t i = 0; i < slot.counts.size(); ++i) {
      if (slot.counts[i] < 0) continue;
      set(static_cast<std::size_t>(slot.first) + i, slot.counts[i]);
      set(static_cast<std::size_t>(slot.counts[i]), slot.counts[i]);
    }
  return counts;
}

struct ReportSums {
  std::vector<Reducer> reducers;  // see reducersOf()
  std::vector<int> counts;        // see countsOf()
  std::vector<double> sums;       // value times rows, or the last value
  std::int64_t rows = 0;
  std::int64_t updateRows = 0;  // of them, those since the last update

  // updates: whether the weights were updated after this batch.
  void add(const StepReport& step, std::int64_t batchRows, bool updates = true) {
    if (sums.size() < step.values.size()) sums.resize(step.values.size());  // only at first
    rows += batchRows;
    updateRows += batchRows;
    const std::size_t described = std::min(reducers.size(), step.values.size());
    for (std::size_t i = 0; i < described; ++i) {
      const auto value = static_cast<double>(step.values[i]);
      if (reducers[i] == Reducer::Last)
        sums[i] = value;
      else if (reducers[i] == Reducer::MeanOverRows)
        sums[i] += value * rowsOf(step, i, batchRows);
      else if (updates)
        sums[i] += value * static_cast<double>(updateRows);
    }
    for (std::size_t i = described; i < step.values.size(); ++i)
      sums[i] += static_cast<double>(step.values[i]) * rowsOf(step, i, batchRows);
    if (updates) updateRows = 0;
  }

  void clear() {
    std::ranges::fill(sums, 0.0);
    rows = updateRows = 0;
  }

  // Of complete updates.
  ReportValues values(const std::vector<ReportSlot>& slots, Phase phase) const {
    if (rows == 0) return {};
    std::vector<double> reduced = sums;
    for (std::size_t i = 0; i < reduced.size(); ++i)
      if (i >= reducers.size() || reducers[i] != Reducer::Last)
        reduced[i] /= countOf(i) < 0 ? static_cast<double>(rows) : sums[static_cast<std::size_t>(countOf(i))];
    return reported(reduced, slots, phase);
  }

 private:
  int countOf(std::size_t value) const { return value < counts.size() ? counts[value] : -1; }

  // The rows of a batch that a value is the mean of. Their number itself is added up.
  double rowsOf(const StepReport& step, std::size_t value, std::int64_t batchRows) const {
    const int count = countOf(value);
    if (count < 0) return static_cast<double>(batchRows);
    const auto place = static_cast<std::size_t>(count);
    return place == value ? 1 : static_cast<double>(step.values[place]);
  }
};

// Counts are rounded for each batch, so that their sums are exact.
inline void addCounts(const ReportMatrix& matrix, const StepReport& step, std::int64_t batchRows,
                      ClassCounts& counts) {
  counts.resize(matrix.size());
  const double counted = matrix.count < 0
                             ? static_cast<double>(batchRows)
                             : static_cast<double>(step.values[static_cast<std::size_t>(matrix.count)]);
  const double rows = counted * static_cast<double>(matrix.rowsPerSample);
  const auto fractions = step.values.subspan(static_cast<std::size_t>(matrix.first), counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i)
    counts[i] += std::llround(static_cast<double>(fractions[i]) * rows);
}

}  // namespace tandem
