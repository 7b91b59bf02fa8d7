// RunSeries: everything that the plots show of one run, live or recorded, in columns. It is filled on the
// GUI thread, or on another thread before it is handed to the GUI.
#pragma once

#include <QString>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/runs/run_store.h"
#include "ui/train/smoothing.h"

namespace tandem::ui {

// One reported value ("loss", "accuracy") over the run.
struct MetricSeries {
  ReportSlot slot;
  CurveStore raw;  // by step
  SmoothedCurve smooth;
  std::vector<CurvePoint> train, validation;  // means by epoch, x: the epoch's last step
};

// The confusion matrices of an epoch, one per ReportMatrix.
struct EpochCounts {
  std::int32_t epoch = 0;
  bool test = false;  // of the test set; otherwise of the validation set
  std::vector<ClassCounts> counts;
};

class RunSeries {
 public:
  RunSeries() = default;
  RunSeries(const RunSummary& info, const RunCurves& curves);

  static constexpr std::size_t kMaxEvents = 10'000, kMaxCheckpoints = 4096;

  std::int64_t id = 0;  // in the run store
  QString name;

  void start(const std::vector<ReportSlot>& reportSlots, std::vector<ReportMatrix> matrices);
  bool started() const { return !metrics_.empty(); }
  void appendStep(const StepRecord& record);
  void appendSpan(const StepSpan& span);
  void appendEpoch(const EpochRecord& record);
  void appendTest(std::int32_t epoch, const std::vector<ClassCounts>& counts);
  void appendProfile(const ProfileRecord& record);
  void appendReading(const ReadingRecord& record);
  // Stores up to kMaxEvents events, more than any real run has, and an even selection of the checkpoints.
  void appendEvent(RunEvent event);
  // Why its steps are slower than they could be; may be empty.
  void setLimitation(std::string text) { limitation_ = std::move(text); }
  // The readings that this machine lacks, and why; only for runs trained here.
  void setSensorGaps(std::vector<SensorGap> gaps) { sensorGaps_ = std::move(gaps); }
  void setMemory(const MemoryUse& memory) { memory_ = memory; }
  // Brings the smoothed curves up to date.
  void smooth(double weight);

  const std::vector<MetricSeries>& metrics() const { return metrics_; }
  // The median step time without the warm-up; 0 if there are no steps.
  double typicalStepSeconds() const;
  // nullptr when the run does not report it.
  const MetricSeries* metric(std::string_view name) const;
  const CurveStore& samplesPerSecond() const { return samplesPerSecond_; }
  const CurveStore& smoothSamplesPerSecond() const { return smoothSamplesPerSecond_; }
  const CurveStore& stepMs() const { return stepMs_; }
  const SmoothedCurve& smoothStepMs() const { return smoothStepMs_; }
  const CurveStore& waitMs() const { return waitMs_; }
  const CurveStore& learningRate() const { return learningRate_; }  // as used by each step
  const std::vector<CurvePoint>& forwardMs() const { return forwardMs_; }
  const std::vector<CurvePoint>& backwardMs() const { return backwardMs_; }
  const std::vector<CurvePoint>& updateMs() const { return updateMs_; }
  // Device readings over the seconds since the start of training; empty if there are none.
  const CurveStore& utilization() const { return utilization_; }  // percent
  const CurveStore& watts() const { return watts_; }
  const CurveStore& celsius() const { return celsius_; }
  const CurveStore& clockMegahertz() const { return clockMegahertz_; }
  const CurveStore& deviceMegabytes() const { return deviceMegabytes_; }
  std::optional<double> joules() const { return joules_; }         // energy of the run so far
  const std::vector<RunEvent>& events() const { return events_; }  // except checkpoints
  const std::vector<RunEvent>& checkpoints() const { return checkpoints_; }
  bool hasReadings() const { return readings_ > 0; }
  const std::optional<std::vector<SensorGap>>& sensorGaps() const { return sensorGaps_; }
  const MemoryUse& memory() const { return memory_; }
  const std::string& limitation() const { return limitation_; }
  const std::vector<ReportMatrix>& matrices() const { return matrices_; }
  // In the order of the epochs, the test set last. Long runs with many classes lack those of some epochs.
  const std::vector<EpochCounts>& counts() const { return counts_; }

 private:
  void appendCounts(EpochCounts counts);

  std::vector<MetricSeries> metrics_;
  std::vector<ReportMatrix> matrices_;
  std::vector<EpochCounts> counts_;
  CurveStore samplesPerSecond_, smoothSamplesPerSecond_, stepMs_, waitMs_, learningRate_;
  SmoothedCurve smoothStepMs_;
  std::vector<CurvePoint> forwardMs_, backwardMs_, updateMs_;
  CurveStore utilization_, watts_, celsius_, clockMegahertz_, deviceMegabytes_;
  std::optional<double> joules_;
  std::vector<RunEvent> events_, checkpoints_;
  std::size_t checkpointsSeen_ = 0, checkpointStride_ = 1;
  std::int64_t readings_ = 0;
  std::optional<std::vector<SensorGap>> sensorGaps_;
  MemoryUse memory_;
  std::string limitation_;
  std::int32_t rows_ = 0;
  std::int64_t lastStep_ = 0;
  std::int32_t lastEpoch_ = -1;
  double lastSeconds_ = 0;
};

}  // namespace tandem::ui
