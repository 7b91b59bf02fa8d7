#include "ui/train/run_series.h"

#include "core/twin/timing.h"
#include "ui/models/format.h"

namespace tandem::ui {

RunSeries::RunSeries(const RunSummary& info, const RunCurves& curves)
    : id(info.id), name(toQString(info.name)) {
  start(curves.slots, curves.matrices);
  if (curves.thinned.empty()) {
    for (const StepRecord& step : curves.steps) appendStep(step);
  } else {
    forEvenSpans(curves, [this](const StepSpan& span) { appendSpan(span); });
  }
  for (const EpochRecord& epoch : curves.epochs) appendEpoch(epoch);
  for (const ProfileRecord& profile : curves.profiles) appendProfile(profile);
  for (const ReadingRecord& reading : curves.readings) appendReading(reading);
  for (const RunEvent& event : curves.events) appendEvent(event);
  appendTest(info.best.known() ? info.best.epoch : info.epochs, curves.testMatrices);
}

void RunSeries::start(const std::vector<ReportSlot>& reportSlots, std::vector<ReportMatrix> matrices) {
  matrices_ = std::move(matrices);
  counts_.clear();
  metrics_.clear();
  for (const ReportSlot& slot : reportSlots) metrics_.emplace_back().slot = slot;
}

double RunSeries::typicalStepSeconds() const {
  std::vector<double> seconds(stepMs_.size());
  for (std::size_t i = 0; i < seconds.size(); ++i) seconds[i] = 1e-3 * static_cast<double>(stepMs_.mean(i));
  return timingOf(seconds).median;
}

void RunSeries::appendStep(const StepRecord& record) {
  const auto x = static_cast<double>(record.step);
  for (MetricSeries& metric : metrics_) {
    if (metric.slot.evaluationOnly) continue;
    metric.raw.append(x, record.values[static_cast<std::size_t>(metric.slot.slot)]);
  }
  // Measured from result to result: steps overlap on devices that queue them, so that stepSeconds is the
  // latency of a step rather than the interval between steps. Intervals that include an evaluation at the
  // end of an epoch are skipped.
  const auto steps = static_cast<double>(record.step - lastStep_);
  const double seconds = record.wallSeconds - lastSeconds_;
  if (lastEpoch_ == record.epoch && steps > 0 && seconds > 0) {
    stepMs_.append(x, static_cast<float>(seconds / steps * 1e3));
    samplesPerSecond_.append(x, static_cast<float>(record.rows * steps / seconds));
  }
  rows_ = record.rows;
  lastStep_ = record.step;
  lastSeconds_ = record.wallSeconds;
  lastEpoch_ = record.epoch;
  waitMs_.append(x, record.dataWaitSeconds * 1e3F);
  learningRate_.append(x, record.learningRate);
}

void RunSeries::appendSpan(const StepSpan& span) {
  const auto x = static_cast<double>(span.mean.step);
  for (MetricSeries& metric : metrics_) {
    if (metric.slot.evaluationOnly) continue;
    const auto slot = static_cast<std::size_t>(metric.slot.slot);
    metric.raw.append(x, span.mean.values[slot], span.least[slot], span.greatest[slot]);
  }
  if (span.mean.stepSeconds > 0) {
    stepMs_.append(x, span.mean.stepSeconds * 1e3F);
    samplesPerSecond_.append(x, static_cast<float>(span.mean.rows) / span.mean.stepSeconds);
  }
  rows_ = span.mean.rows;
  waitMs_.append(x, span.mean.dataWaitSeconds * 1e3F);
  learningRate_.append(x, span.mean.learningRate);
}

void RunSeries::appendEpoch(const EpochRecord& record) {
  const auto x = static_cast<double>(record.step);
  for (MetricSeries& metric : metrics_) {
    const auto slot = static_cast<std::size_t>(metric.slot.slot);
    if (!metric.slot.evaluationOnly) metric.train.push_back({x, record.train[slot]});
    if (record.hasValidation && !metric.slot.trainingOnly)
      metric.validation.push_back({x, record.validation[slot]});
  }
  appendCounts({record.epoch, false, record.matrices});
}

void RunSeries::appendTest(std::int32_t epoch, const std::vector<ClassCounts>& counts) {
  appendCounts({epoch, true, counts});
}

// Of more than kMostCounts, every other epoch is dropped.
void RunSeries::appendCounts(EpochCounts counts) {
  constexpr std::size_t kMostCounts = 8'000'000;  // 64 MB
  if (matrices_.empty() || counts.counts.size() != matrices_.size()) return;
  std::size_t each = 0;
  for (std::size_t i = 0; i < matrices_.size(); ++i) {
    if (counts.counts[i].size() != matrices_[i].size()) return;
    each += matrices_[i].size();
  }
  if (counts_.size() > 2 && counts_.size() * each > kMostCounts) {
    for (std::size_t i = 1; 2 * i < counts_.size(); ++i) counts_[i] = std::move(counts_[2 * i]);
    counts_.resize((counts_.size() + 1) / 2);
  }
  counts_.push_back(std::move(counts));
}

void RunSeries::appendProfile(const ProfileRecord& record) {
  const auto x = static_cast<double>(record.step);
  forwardMs_.push_back({x, record.forward * 1e3});
  backwardMs_.push_back({x, record.backward * 1e3});
  updateMs_.push_back({x, record.update * 1e3});
  memory_ = record.memory;
}

void RunSeries::appendReading(const ReadingRecord& record) {
  const double x = record.wallSeconds;
  const auto append = [&](CurveStore& store, const std::optional<double>& value, double factor) {
    if (value) store.append(x, static_cast<float>(*value * factor));
  };
  ++readings_;
  append(utilization_, record.device.utilization, 100);
  append(watts_, record.device.watts, 1);
  append(celsius_, record.device.celsius, 1);
  append(clockMegahertz_, record.device.clockHz, 1e-6);
  if (record.device.memoryBytes)
    deviceMegabytes_.append(x, static_cast<float>(static_cast<double>(*record.device.memoryBytes) * 1e-6));
  if (record.joules) joules_ = record.joules;
}

void RunSeries::appendEvent(RunEvent event) {
  if (event.kind != RunEventKind::Checkpoint) {
    if (events_.size() < kMaxEvents) events_.push_back(std::move(event));
    return;
  }
  if (checkpointsSeen_++ % checkpointStride_ != 0) return;
  if (checkpoints_.size() == kMaxCheckpoints) {
    for (std::size_t i = 1; 2 * i < kMaxCheckpoints; ++i) checkpoints_[i] = std::move(checkpoints_[2 * i]);
    checkpoints_.resize(kMaxCheckpoints / 2);
    checkpointStride_ *= 2;
  }
  checkpoints_.push_back(std::move(event));
}

void RunSeries::smooth(double weight) {
  for (MetricSeries& metric : metrics_) {
    metric.smooth.setWeight(weight);
    metric.smooth.update(metric.raw);
  }
  const bool restarted = smoothStepMs_.weight() != weight;
  smoothStepMs_.setWeight(weight);
  smoothStepMs_.update(stepMs_);
  // Computed from the mean time; the mean of the rates would be biased by a few fast steps.
  const CurveStore& ms = smoothStepMs_.curve();
  if (restarted || ms.size() < smoothSamplesPerSecond_.size()) smoothSamplesPerSecond_.clear();
  for (std::size_t i = smoothSamplesPerSecond_.size(); i < ms.size(); ++i) {
    smoothSamplesPerSecond_.append(ms.x(i), static_cast<float>(rows_) * 1e3F / ms.mean(i));
  }
}

const MetricSeries* RunSeries::metric(std::string_view metricName) const {
  for (const MetricSeries& metric : metrics_) {
    if (metric.slot.name == metricName) return &metric;
  }
  return nullptr;
}

}  // namespace tandem::ui
