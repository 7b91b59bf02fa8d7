// A library with NVML's entry points and one invented GPU, so that the reader is tested without a driver.
// It does not tell the power draw, as some GPUs do not.
#include <cstdio>
#include <cstring>

namespace {
constexpr int kSuccess = 0, kNotSupported = 3, kNotFound = 6;
int device = 0;
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
  if (!running || std::strcmp(address, "0000:18:00.0") != 0) return kNotFound;
  *handle = &device;
  return kSuccess;
}
int nvmlDeviceGetName(void*, char* to, unsigned size) {
  return put(to, size, "Stand-in 9000");
}
int nvmlDeviceGetUUID(void*, char* to, unsigned size) {
  return put(to, size, "GPU-1234");
}
int nvmlDeviceGetMemoryInfo(void*, unsigned long long* totalFreeUsed) {
  totalFreeUsed[0] = 1000;
  totalFreeUsed[1] = 600;
  totalFreeUsed[2] = 400;
  return kSuccess;
}
int nvmlDeviceGetPowerUsage(void*, unsigned*) {
  return kNotSupported;
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
