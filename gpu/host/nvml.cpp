#include "gpu/host/nvml.h"

#include <dlfcn.h>

#include <type_traits>

namespace tandem::cuda {
namespace {

// The used part of NVML's C interface (NVML API Reference; stable since driver 304).
using NvmlDevice = struct NvmlDeviceTag*;
struct NvmlMemory {
  unsigned long long total, free, used;
};
struct NvmlUtilization {
  unsigned int gpu, memory;
};
enum : unsigned { kClockSm = 1, kClockMemory = 2, kTemperatureGpu = 0 };

struct Functions {
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*driverVersion)(char*, unsigned) = nullptr;
  int (*byPci)(const char*, NvmlDevice*) = nullptr;
  int (*name)(NvmlDevice, char*, unsigned) = nullptr;
  int (*uuid)(NvmlDevice, char*, unsigned) = nullptr;
  int (*memory)(NvmlDevice, NvmlMemory*) = nullptr;
  int (*power)(NvmlDevice, unsigned*) = nullptr;             // milliwatts
  int (*powerLimit)(NvmlDevice, unsigned*) = nullptr;        // milliwatts
  int (*energy)(NvmlDevice, unsigned long long*) = nullptr;  // millijoules
  int (*temperature)(NvmlDevice, unsigned, unsigned*) = nullptr;
  int (*utilization)(NvmlDevice, NvmlUtilization*) = nullptr;
  int (*clock)(NvmlDevice, unsigned, unsigned*) = nullptr;
};

struct CloseLibrary {
  void operator()(void* library) const { dlclose(library); }
};
using Library = std::unique_ptr<void, CloseLibrary>;

class LoadedNvml : public Nvml {
 public:
  LoadedNvml(Library library, Functions functions) : library_(std::move(library)), f_(functions) {}
  ~LoadedNvml() override {
    if (f_.shutdown) f_.shutdown();
  }

  std::string driverRelease() override {
    char text[96] = {};
    return f_.driverVersion && f_.driverVersion(text, sizeof(text)) == 0 ? text : "";
  }

  Result<NvmlReading> read(const std::string& pciBusId) override {
    NvmlDevice device = nullptr;
    if (const int status = f_.byPci(pciBusId.c_str(), &device); status != 0)
      return Error{ErrorCode::NotFound,
                   "NVML finds no device at this address (status " + std::to_string(status) + ")",
                   pciBusId,
                   {}};
    NvmlReading reading;
    char text[96] = {};
    if (f_.name && f_.name(device, text, sizeof(text)) == 0) reading.name = text;
    if (f_.uuid && f_.uuid(device, text, sizeof(text)) == 0) reading.uuid = text;
    if (NvmlMemory memory{}; f_.memory && f_.memory(device, &memory) == 0) {
      reading.totalBytes = static_cast<std::size_t>(memory.total);
      reading.freeBytes = static_cast<std::size_t>(memory.free);
      reading.usedBytes = static_cast<std::size_t>(memory.used);
    }
    unsigned value = 0;
    if (f_.power && f_.power(device, &value) == 0) reading.powerWatts = value / 1000.0;
    if (f_.powerLimit && f_.powerLimit(device, &value) == 0) reading.powerLimitWatts = value / 1000.0;
    if (unsigned long long millijoules = 0; f_.energy && f_.energy(device, &millijoules) == 0)
      reading.joules = static_cast<double>(millijoules) / 1000.0;
    if (f_.temperature && f_.temperature(device, kTemperatureGpu, &value) == 0) reading.celsius = value;
    if (NvmlUtilization use{}; f_.utilization && f_.utilization(device, &use) == 0)
      reading.utilization = static_cast<int>(use.gpu);
    if (f_.clock && f_.clock(device, kClockSm, &value) == 0) reading.smClock = static_cast<int>(value);
    if (f_.clock && f_.clock(device, kClockMemory, &value) == 0)
      reading.memoryClock = static_cast<int>(value);
    return reading;
  }

 private:
  Library library_;
  Functions f_;
};

}  // namespace

Result<std::unique_ptr<Nvml>> openNvml(const std::string& file) {
  Library library(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!library)
    return Error{ErrorCode::NotFound, "NVIDIA's management library (NVML) was not found", file, {}};
  Functions f;
  const auto bind = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library.get(), name));
  };
  bind(f.init, "nvmlInit_v2");
  bind(f.shutdown, "nvmlShutdown");
  bind(f.driverVersion, "nvmlSystemGetDriverVersion");
  bind(f.byPci, "nvmlDeviceGetHandleByPciBusId_v2");
  bind(f.name, "nvmlDeviceGetName");
  bind(f.uuid, "nvmlDeviceGetUUID");
  bind(f.memory, "nvmlDeviceGetMemoryInfo");
  bind(f.power, "nvmlDeviceGetPowerUsage");
  bind(f.powerLimit, "nvmlDeviceGetEnforcedPowerLimit");
  bind(f.energy, "nvmlDeviceGetTotalEnergyConsumption");
  bind(f.temperature, "nvmlDeviceGetTemperature");
  bind(f.utilization, "nvmlDeviceGetUtilizationRates");
  bind(f.clock, "nvmlDeviceGetClockInfo");
  if (!f.init || !f.byPci) return Error{ErrorCode::NotFound, "is not NVIDIA's management library", file, {}};
  if (const int status = f.init(); status != 0)
    return Error{ErrorCode::Unsupported,
                 "NVIDIA's management library failed to start (status " + std::to_string(status) + ")", file,
                 "The driver's kernel module may not be loaded; restart the machine"};
  return std::unique_ptr<Nvml>(std::make_unique<LoadedNvml>(std::move(library), f));
}

}  // namespace tandem::cuda
