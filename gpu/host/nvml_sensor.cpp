#include "gpu/host/nvml_sensor.h"

#include <chrono>

namespace tandem::cuda {
namespace {

class NvmlSensor : public Sensor {
 public:
  NvmlSensor(Nvml* library, std::string pciBusId) : library_(library), address_(std::move(pciBusId)) {
    if (!library_) {
      problem_ = "NVIDIA's management library (libnvidia-ml.so.1, part of the driver) was not found";
      return;
    }
    firstJoules_ = take().joules;
  }

  DeviceReading read() override {
    DeviceReading reading;
    reading.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    const NvmlReading& now = take();
    if (now.utilization) reading.utilization = *now.utilization / 100.0;
    reading.watts = now.powerWatts;
    reading.celsius = now.celsius;
    if (now.smClock) reading.clockHz = *now.smClock * 1e6;
    reading.memoryBytes = now.usedBytes;
    if (now.joules && firstJoules_) reading.joules = *now.joules - *firstJoules_;
    return reading;
  }

  std::vector<SensorGap> gaps() const override {
    std::vector<SensorGap> list;
    const auto add = [&](bool there, const char* what) {
      if (!there) list.push_back({what, problem_.empty() ? "this GPU does not report it" : problem_});
    };
    add(last_.utilization.has_value(), "utilization");
    add(last_.powerWatts.has_value(), "power");
    add(last_.celsius.has_value(), "temperature");
    add(last_.smClock.has_value(), "clock");
    add(last_.usedBytes.has_value(), "memory");
    return list;
  }

 private:
  const NvmlReading& take() {
    last_ = {};
    if (!library_) return last_;
    auto reading = library_->read(address_);
    problem_ = reading.ok() ? "" : reading.error().text();
    if (reading.ok()) last_ = std::move(*reading);
    return last_;
  }

  Nvml* library_;
  std::string address_, problem_;
  NvmlReading last_;
  std::optional<double> firstJoules_;
};

}  // namespace

std::unique_ptr<Sensor> openNvmlSensor(Nvml* library, std::string pciBusId) {
  return std::make_unique<NvmlSensor>(library, std::move(pciBusId));
}

}  // namespace tandem::cuda
