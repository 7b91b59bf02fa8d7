#include "core/train/device_sampler.h"

#include <algorithm>
#include <exception>
#include <string>

#include "core/base/log.h"

namespace tandem {

DeviceSampler::DeviceSampler(std::unique_ptr<Sensor> sensor, std::vector<TrainObserver*> observers,
                             std::chrono::milliseconds period)
    : sensor_(std::move(sensor)), observers_(std::move(observers)), period_(period), gaps_(sensor_->gaps()) {}

DeviceSampler::~DeviceSampler() {
  stop();
}

void DeviceSampler::resume(double seconds) {
  change(true, seconds);
  if (thread_.joinable()) return;
  thread_ = std::thread([this] {
    try {
      loop();
    } catch (const std::exception& exception) {  // out of memory for a reading: the run continues without
      logWarning(std::string("the device's sensor is no longer read: ") + exception.what());
    }
  });
}

void DeviceSampler::pause(double seconds) {
  change(false, seconds);
}

void DeviceSampler::change(bool running, double seconds) {
  {
    const std::lock_guard lock(mutex_);
    running_ = running;
    base_ = seconds;
    since_ = Clock::now();
    ++changes_;
  }
  wake_.notify_all();
}

void DeviceSampler::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void DeviceSampler::loop() {
  std::uint64_t seen = 0;
  Clock::time_point due = Clock::now();
  std::unique_lock lock(mutex_);
  for (bool last = false; !last;) {
    const auto called = [&] { return stopping_ || changes_ != seen; };
    if (running_)
      wake_.wait_until(lock, due, called);
    else
      wake_.wait(lock, called);
    last = stopping_;
    const bool running = running_, changed = changes_ != seen;
    seen = changes_;
    const Clock::time_point now = Clock::now();
    const double seconds = running ? base_ + std::chrono::duration<double>(now - since_).count() : base_;
    if (!running && !changed) continue;
    lock.unlock();
    if (running && changed) {
      // An interval begins: its first reading must not cover the time before it.
      meter_.interrupt();
      static_cast<void>(sensor_->read());
      due = now;
    }
    take(seconds);
    if (!running) meter_.interrupt();
    // Missed readings are not caught up.
    due = std::max(due + period_, Clock::now());
    lock.lock();
  }
}

void DeviceSampler::take(double seconds) {
  // The trainer reads the clock slightly before it reports the pause.
  lastSeconds_ = std::max(lastSeconds_, seconds);
  ReadingRecord record;
  record.wallSeconds = lastSeconds_;
  record.device = sensor_->read();
  meter_.add(lastSeconds_, record.device);
  if (const auto& energy = meter_.energy()) record.joules = energy->joules;
  for (TrainObserver* observer : observers_) observer->onReading(record);
}

}  // namespace tandem
