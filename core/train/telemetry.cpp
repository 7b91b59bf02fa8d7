#include "core/train/telemetry.h"

#include <utility>

namespace tandem {
namespace {

std::vector<ClassCounts>* matricesOf(TrainEvent& event) {
  if (auto* end = std::get_if<EpochEnd>(&event.what)) return &end->record.matrices;
  if (auto* test = std::get_if<TestResult>(&event.what)) return &test->matrices;
  return nullptr;
}

}  // namespace

Telemetry::Telemetry(std::size_t capacity) : steps_(capacity) {}

void Telemetry::onStart(const Plan& plan) {
  const std::lock_guard lock(mutex_);
  slots_ = plan.report;
}

void Telemetry::onStep(const StepRecord& record) {
  if (!steps_.tryPush(record)) dropped_.fetch_add(1, std::memory_order_relaxed);
}

void Telemetry::onEvent(const TrainEvent& event) {
  const std::lock_guard lock(mutex_);
  events_.push_back(event);
  if (const auto* matrices = matricesOf(events_.back()); !matrices || matrices->empty()) return;
  // Where nobody takes events, as in a race without a window, matrices must not fill the memory.
  withMatrices_.push_back(events_.size() - 1);
  if (withMatrices_.size() <= kMaxMatrices) return;
  matricesOf(events_[withMatrices_.front()])->clear();
  withMatrices_.pop_front();
}

void Telemetry::onProfile(const ProfileRecord& record) {
  const std::lock_guard lock(mutex_);
  profile_ = record;
}

void Telemetry::onReading(const ReadingRecord& record) {
  const std::lock_guard lock(mutex_);
  if (readings_.size() == kMaxReadings) readings_.pop_front();
  readings_.push_back(record);
}

std::vector<ReadingRecord> Telemetry::takeReadings() {
  const std::lock_guard lock(mutex_);
  const std::deque<ReadingRecord> taken = std::exchange(readings_, {});
  return {taken.begin(), taken.end()};
}

std::vector<TrainEvent> Telemetry::takeEvents() {
  const std::lock_guard lock(mutex_);
  withMatrices_.clear();
  return std::exchange(events_, {});
}

std::optional<ProfileRecord> Telemetry::takeProfile() {
  const std::lock_guard lock(mutex_);
  return std::exchange(profile_, std::nullopt);
}

std::vector<ReportSlot> Telemetry::slots() const {
  const std::lock_guard lock(mutex_);
  return slots_;
}

}  // namespace tandem
