// A library with NVML's functions and two fictitious GPUs, so that the reader can be tested without a driver.
// The first does not report its power draw, like some real GPUs.
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {
constexpr int kSuccess = 0, kNotSupported = 3, kNotFound = 6;
int devices[2] = {};
unsigned long long millijoules = 5000000;  // since the driver was loaded
bool running = false;

int put(char* to, unsigned size, const char* text) {
  std::snprintf(to, size, "%s", text);
  return kSuccess;
}
}  // namespace

extern "C" {
int nvmlInit_v2() {
  running = true;
  return kSuccess;
}
int nvmlShutdown() {
  running = false;
  return kSuccess;
}
int nvmlSystemGetDriverVersion(char* to, unsigned size) {
  return put(to, size, "580.12.34");
}
int nvmlDeviceGetHandleByPciBusId_v2(const char* address, void** handle) {
  if (!running) return kNotFound;
  if (std::strcmp(address, "0000:18:00.0") == 0)
    *handle = &devices[0];
  else if (std::strcmp(address, "0000:2a:00.0") == 0)
    *handle = &devices[1];
  else
    return kNotFound;
  return kSuccess;
}
int nvmlDeviceGetName(void*, char* to, unsigned size) {
  return put(to, size, "Stand-in 9000");
}
int nvmlDeviceGetUUID(void*, char* to, unsigned size) {
  return put(to, size, "GPU-1234");
}
int nvmlDeviceGetMemoryInfo(void*, unsigned long long* totalFreeUsed) {
  totalFreeUsed[0] = 2000000000;
  totalFreeUsed[1] = 1600000000;
  totalFreeUsed[2] = 400000000;
  if (const char* mib = std::getenv("TANDEM_STAND_IN_MIB"))  // as for the stand-in GPU (tests/gpu_stand_in)
    totalFreeUsed[0] = totalFreeUsed[1] = std::strtoull(mib, nullptr, 10) << 20;
  return kSuccess;
}
int nvmlDeviceGetPowerUsage(void* device, unsigned* milliwatts) {
  *milliwatts = 312500;
  return device == &devices[1] ? kSuccess : kNotSupported;
}
// Advances by 31.25 J at each reading, as if a tenth of a second had passed.
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* to) {
  *to = millijoules += 31250;
  return device == &devices[1] ? kSuccess : kNotSupported;
}
int nvmlDeviceGetEnforcedPowerLimit(void*, unsigned* milliwatts) {
  *milliwatts = 700000;
  return kSuccess;
}
int nvmlDeviceGetTemperature(void*, unsigned sensor, unsigned* celsius) {
  *celsius = 41;
  return sensor == 0 ? kSuccess : kNotSupported;
}
int nvmlDeviceGetUtilizationRates(void*, unsigned* gpuAndMemory) {
  gpuAndMemory[0] = 87;
  gpuAndMemory[1] = 12;
  return kSuccess;
}
int nvmlDeviceGetClockInfo(void*, unsigned kind, unsigned* megahertz) {
  *megahertz = kind == 1 ? 1980 : 3201;
  return kSuccess;
}
}
