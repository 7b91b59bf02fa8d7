// What a device tells of itself while it works: utilization, power, temperature, clock, memory. What cannot
// be read is absent, never 0, and gaps() says why.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem {

struct DeviceReading {
  double seconds = 0;                 // steady clock; only differences mean something
  std::optional<double> utilization;  // [0, 1] since the reading before: CPU, this process over its cores
  std::optional<double> watts;        // of the device, whoever uses it
  std::optional<double> celsius;
  std::optional<double> clockHz;
  std::optional<std::size_t> memoryBytes;  // in use: CPU, by this process; GPU, of the whole device
  std::optional<double> joules;            // since the sensor was opened, where the device counts them itself
};

// Label and value of what is there, for people: "Utilization", "87 %".
std::vector<std::pair<std::string, std::string>> readingFacts(const DeviceReading& reading);

struct SensorGap {
  std::string what;  // "power"
  std::string why;   // and what to do about it
};

// Its readings are over the time since the one before (the first: since opening), so everybody who reads
// opens one of his own. One thread at a time; it does not disturb sessions on the device.
class Sensor {
 public:
  virtual ~Sensor() = default;
  virtual DeviceReading read() = 0;
  virtual std::vector<SensorGap> gaps() const = 0;  // as of the last reading, or of opening
};

}  // namespace tandem
