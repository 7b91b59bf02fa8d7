// Telemetry: an observer that a window or a terminal drains at its own pace. Scalars go through a ring; when
// it is full, they are dropped and counted, so that training never waits. Events are never dropped.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/base/spsc_ring.h"
#include "core/train/observer.h"

namespace tandem {

class Telemetry : public TrainObserver {
 public:
  static constexpr std::size_t kMaxReadings = 4096;  // stored until they are taken
  static constexpr std::size_t kMaxMatrices = 64;    // events whose confusion matrices are stored until then
  explicit Telemetry(std::size_t capacity = 1 << 14);

  void onStart(const Plan& plan) override;
  void onStep(const StepRecord& record) override;
  void onEvent(const TrainEvent& event) override;
  void onProfile(const ProfileRecord& record) override;
  void onReading(const ReadingRecord& record) override;

  // For the consumer (one thread).
  bool nextStep(StepRecord& record) { return steps_.tryPop(record); }
  std::vector<TrainEvent> takeEvents();
  std::optional<ProfileRecord> takeProfile();  // the latest, if new
  std::vector<ReadingRecord> takeReadings();   // the last kMaxReadings that were not yet taken
  std::vector<ReportSlot> slots() const;       // empty before onStart
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  SpscRing<StepRecord> steps_;
  std::atomic<std::uint64_t> dropped_{0};
  mutable std::mutex mutex_;
  std::vector<TrainEvent> events_;
  std::deque<std::size_t> withMatrices_;  // indices into events_
  std::optional<ProfileRecord> profile_;
  std::deque<ReadingRecord> readings_;
  std::vector<ReportSlot> slots_;
};

}  // namespace tandem
