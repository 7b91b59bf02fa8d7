// Readings of a device at work: utilization, power, temperature, clock, memory. A value that cannot be read
// is absent, never 0, and gaps() gives the reason.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem {

struct DeviceReading {
  double seconds = 0;  // steady clock; only differences are meaningful
  std::optional<double>
      utilization;              // [0, 1] since the previous reading; CPU: of this process over its cores
  std::optional<double> watts;  // of the device, for all its users
  std::optional<double> celsius;
  std::optional<double> clockHz;
  std::optional<std::size_t> memoryBytes;  // in use; CPU: by this process, GPU: by all
  std::optional<double> joules;            // since the sensor was opened, if the device has a counter
};

// Labels and values of the available readings, for display: "Utilization", "87%".
std::vector<std::pair<std::string, std::string>> readingFacts(const DeviceReading& reading);

struct SensorGap {
  std::string what;  // "power"
  std::string why;   // with a remedy
};

// A reading covers the time since the previous one (the first: since opening), so each reader opens a
// separate sensor. Use from one thread at a time. Reading does not disturb sessions on the device.
class Sensor {
 public:
  virtual ~Sensor() = default;
  virtual DeviceReading read() = 0;
  virtual std::vector<SensorGap> gaps() const = 0;  // as of the last reading, or of opening
};

}  // namespace tandem
