// Readings of a GPU from NVIDIA's management library (NVML, part of the driver), without creating a CUDA
// context on it. The library is opened with dlopen, so that the driver is not required.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace tandem::cuda {

// Values that the device does not report are absent.
struct NvmlReading {
  std::string name, uuid;
  std::optional<std::size_t> totalBytes, freeBytes, usedBytes;
  std::optional<double> powerWatts, powerLimitWatts, celsius;
  std::optional<double> joules;                          // since the driver was loaded
  std::optional<int> utilization, smClock, memoryClock;  // percent, MHz, MHz
};

class Nvml {
 public:
  virtual ~Nvml() = default;
  virtual std::string driverRelease() = 0;  // "580.159.04"; empty if unknown
  // pciBusId: "0000:18:00.0", as returned by cudaDeviceGetPCIBusId.
  virtual Result<NvmlReading> read(const std::string& pciBusId) = 0;
};

// An Error if the library is missing or fails to start (no driver).
Result<std::unique_ptr<Nvml>> openNvml(const std::string& library = "libnvidia-ml.so.1");

}  // namespace tandem::cuda
