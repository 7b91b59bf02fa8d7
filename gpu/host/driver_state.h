// The state of NVIDIA's driver, and its description for the user.
#pragma once

#include <string>
#include <string_view>

namespace tandem::cuda {

struct DriverState {
  int runtimeVersion = 0;     // CUDA version this plugin was built with: 13000 for 13.0
  int driverVersion = 0;      // CUDA version that the driver supports; 0: no driver found
  std::string driverRelease;  // "580.159.04", from NVML; may be empty
  int error = 0;              // cudaError_t of the device count
  std::string errorText;
  int devices = 0;
  std::string visible;  // CUDA_VISIBLE_DEVICES
  bool visibleSet = false;
};

std::string versionText(int cudaVersion);  // 13000 -> "13.0"

// The oldest Linux driver release that supports this CUDA major version: "580" for 13.
std::string neededDriver(int runtimeVersion);

// Whether code for these architectures, as CMake writes them ("75-real 90"), runs on that compute capability (86 for
// 8.6): compiled code does within a major version, PTX (entries without "-real") on everything newer. Empty: unknown, and
// so true.
bool hasCodeFor(const std::string& architectures, int capability);

// Whether a GPU of compute capability 7.5 has tensor cores: those with the chips TU116 and TU117 (GTX 16, MX450, T400
// to T1200) have none, which only the name shows.
bool turingHasTensorCores(std::string_view name);

// Why no GPU can be used, with a remedy; empty if one can.
std::string unusableText(const DriverState& state);

}  // namespace tandem::cuda
