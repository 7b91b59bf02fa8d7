// Energy from readings: the device's counter if it has one, else power integrated by the trapezoidal rule.
#pragma once

#include <optional>

#include "core/runtime/sensor.h"

namespace tandem {

struct RunEnergy {
  double joules = 0;
  double seconds = 0;  // over which the energy was measured
  double meanWatts() const { return seconds > 0 ? joules / seconds : 0; }
};

class EnergyMeter {
 public:
  // seconds: the time of the run, non-decreasing. A reading with neither counter nor power adds no energy,
  // nor does the interval after it.
  void add(double seconds, const DeviceReading& reading) {
    if (const auto joules = before_ ? between(*before_, reading, seconds - beforeSeconds_) : std::nullopt) {
      if (!energy_) energy_.emplace();
      energy_->joules += *joules;
      energy_->seconds += seconds - beforeSeconds_;
    }
    before_ = reading;
    beforeSeconds_ = seconds;
  }
  // The run pauses: energy used until the next reading is not the run's.
  void interrupt() { before_.reset(); }
  // Absent if no two consecutive readings had power or energy.
  const std::optional<RunEnergy>& energy() const { return energy_; }

 private:
  static std::optional<double> between(const DeviceReading& a, const DeviceReading& b, double seconds) {
    if (a.joules && b.joules) return *b.joules - *a.joules;
    if (a.watts && b.watts) return 0.5 * (*a.watts + *b.watts) * seconds;
    return {};
  }

  std::optional<DeviceReading> before_;
  double beforeSeconds_ = 0;
  std::optional<RunEnergy> energy_;
};

}  // namespace tandem
