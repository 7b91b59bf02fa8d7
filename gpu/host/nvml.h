// What NVIDIA's management library (NVML, part of the driver) says of a GPU: read without creating a
// CUDA context on it. Opened with dlopen, so that nothing here needs the driver to be there.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace tandem::cuda {

// Values the device does not tell are absent.
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
  virtual std::string driverRelease() = 0;  // "580.159.04"; empty when unknown
  // pciBusId: "0000:18:00.0", as cudaDeviceGetPCIBusId gives it.
  virtual Result<NvmlReading> read(const std::string& pciBusId) = 0;
};

// An Error when the library is not there or does not start (no driver).
Result<std::unique_ptr<Nvml>> openNvml(const std::string& library = "libnvidia-ml.so.1");

}  // namespace tandem::cuda
