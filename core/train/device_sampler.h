// Reads a device's sensor ten times per second during a run, on a separate thread so that no step waits for
// it, and passes the readings to the run's observers. It is idle while the run is paused.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "core/train/energy_meter.h"
#include "core/train/observer.h"

namespace tandem {

class DeviceSampler {
 public:
  static constexpr std::chrono::milliseconds kPeriod{100};

  DeviceSampler(std::unique_ptr<Sensor> sensor, std::vector<TrainObserver*> observers,
                std::chrono::milliseconds period = kPeriod);
  ~DeviceSampler();  // stops

  // Start and stop the run's clock, which is at `seconds`; the first resume() starts the thread. Call these and
  // stop() from the same thread.
  void resume(double seconds);
  void pause(double seconds);
  // Takes the last reading and ends the thread; no observer is called afterwards.
  void stop();

  // After stop(): the energy used between resume() and pause().
  std::optional<RunEnergy> energy() const { return meter_.energy(); }
  // The values that the sensor could not read when it was opened.
  const std::vector<SensorGap>& gaps() const { return gaps_; }

 private:
  using Clock = std::chrono::steady_clock;
  void change(bool running, double seconds);
  void loop();
  void take(double seconds);

  const std::unique_ptr<Sensor> sensor_;
  const std::vector<TrainObserver*> observers_;
  const std::chrono::milliseconds period_;
  const std::vector<SensorGap> gaps_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false, running_ = false;
  double base_ = 0;  // seconds of the run at since_
  Clock::time_point since_;
  std::uint64_t changes_ = 0;

  // Used by the sampler's thread; by others after stop().
  EnergyMeter meter_;
  double lastSeconds_ = 0;
  std::thread thread_;
};

}  // namespace tandem
