#include "core/runs/step_span.h"

#include <algorithm>
#include <cmath>

#include "core/runs/blob.h"
#include "core/runs/run_store.h"

namespace tandem {

StepSpan StepSpan::of(const StepRecord& step) {
  return {step.step, 1, step, step.values, step.values};
}

void StepSpan::add(const StepSpan& next) {
  const auto total = static_cast<double>(count + next.count);
  const double mine = static_cast<double>(count) / total, other = static_cast<double>(next.count) / total;
  const auto blend = [&](float a, float b) {
    return static_cast<float>(mine * static_cast<double>(a) + other * static_cast<double>(b));
  };
  for (std::size_t i = 0; i < mean.values.size(); ++i) {
    mean.values[i] = blend(mean.values[i], next.mean.values[i]);
    least[i] = std::fmin(least[i], next.least[i]);
    greatest[i] = std::fmax(greatest[i], next.greatest[i]);
  }
  mean.learningRate = blend(mean.learningRate, next.mean.learningRate);
  mean.stepSeconds = blend(mean.stepSeconds, next.mean.stepSeconds);
  mean.dataWaitSeconds = blend(mean.dataWaitSeconds, next.mean.dataWaitSeconds);
  mean.step = next.mean.step;
  mean.epoch = next.mean.epoch;
  mean.rows = next.mean.rows;
  mean.wallSeconds = next.mean.wallSeconds;
  count += next.count;
}

std::size_t spanBytes(int values) {
  return 52 + 12 * static_cast<std::size_t>(values);
}

void appendSpan(std::string& blob, const StepSpan& span, int values) {
  put(blob, span.first);
  put(blob, span.count);
  put(blob, span.mean.step);
  put(blob, span.mean.epoch);
  put(blob, span.mean.rows);
  put(blob, span.mean.wallSeconds);
  put(blob, span.mean.learningRate);
  put(blob, span.mean.stepSeconds);
  put(blob, span.mean.dataWaitSeconds);
  for (const auto* part : {&span.mean.values, &span.least, &span.greatest})
    for (int i = 0; i < values; ++i) put(blob, (*part)[static_cast<std::size_t>(i)]);
}

Status readSpans(std::string_view blob, std::int64_t values, std::vector<StepSpan>& spans) {
  if (values < 0 || values > kReportSlots) return damagedBlob();
  const std::size_t bytes = spanBytes(static_cast<int>(values));
  if (blob.size() % bytes != 0) return damagedBlob();
  const char* at = blob.data();
  for (std::size_t i = 0; i < blob.size() / bytes; ++i) {
    StepSpan& span = spans.emplace_back();
    span.first = take<std::int64_t>(at);
    span.count = take<std::int64_t>(at);
    span.mean.step = take<std::int64_t>(at);
    span.mean.epoch = take<std::int32_t>(at);
    span.mean.rows = take<std::int32_t>(at);
    span.mean.wallSeconds = take<double>(at);
    span.mean.learningRate = take<float>(at);
    span.mean.stepSeconds = take<float>(at);
    span.mean.dataWaitSeconds = take<float>(at);
    for (auto* part : {&span.mean.values, &span.least, &span.greatest})
      for (std::int64_t v = 0; v < values; ++v) (*part)[static_cast<std::size_t>(v)] = take<float>(at);
    if (span.count < 1 || span.first < 1 || span.mean.step < span.first ||
        span.mean.step - span.first < span.count - 1)
      return damagedBlob();
  }
  return success();
}

void forEvenSpans(const RunCurves& curves, const std::function<void(const StepSpan&)>& visit) {
  const auto& thinned = curves.thinned;
  const std::int64_t size = thinned.empty() ? 1 : thinned.front().count;
  const auto gap = thinned.empty()
                       ? curves.steps.end()
                       : std::ranges::upper_bound(curves.steps, thinned.front().first, {}, &StepRecord::step);
  const auto visitExact = [&](auto begin, auto end) {
    while (begin != end) {
      StepSpan group = StepSpan::of(*begin++);
      while (begin != end && group.count < size) group.add(StepSpan::of(*begin++));
      visit(group);
    }
  };
  visitExact(curves.steps.begin(), gap);
  std::ranges::for_each(thinned, visit);
  visitExact(gap, curves.steps.end());
}

}  // namespace tandem
