// Summaries of consecutive steps, which replace the steps of long runs in the record.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/train/observer.h"

namespace tandem {

struct RunCurves;

struct StepSpan {
  std::int64_t first = 0;  // step
  std::int64_t count = 0;  // recorded steps in it
  StepRecord mean;         // of its steps; step, epoch and wallSeconds are those of the last one
  std::array<float, kReportSlots> least{}, greatest{};  // NaN only if all values are

  static StepSpan of(const StepRecord& step);
  void add(const StepSpan& next);  // which follows
};

// Packed into a blob: little-endian, 52 bytes plus 12 for each of the first `values` values.
std::size_t spanBytes(int values);
void appendSpan(std::string& blob, const StepSpan& span, int values);
Status readSpans(std::string_view blob, std::int64_t values, std::vector<StepSpan>& spans);

// Visits the whole curve in points of about the same number of steps, for charts: the thinned part as it is, and
// the exact steps before and after it in groups of the same size.
void forEvenSpans(const RunCurves& curves, const std::function<void(const StepSpan&)>& visit);

}  // namespace tandem
