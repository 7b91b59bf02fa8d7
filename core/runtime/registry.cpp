#include "core/runtime/registry.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "core/base/log.h"

#include "core/base/install_dirs.h"

namespace tandem {
namespace fs = std::filesystem;
namespace {

// The levels that this processor supports, best first.
std::vector<std::string> cpuLevels() {
  std::vector<std::string> levels;
#if defined(__x86_64__)
  __builtin_cpu_init();
  // Checked by feature, because clang 14 does not know the level names. The features not checked (F16C,
  // LZCNT, MOVBE) come with AVX2 on every existing processor.
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  if (v4) levels.push_back("v4");
  if (v3) levels.push_back("v3");
#endif
  levels.push_back("v2");
  if (const char* requested = std::getenv("TANDEM_CPU_LEVEL")) {
    const auto it = std::ranges::find(levels, std::string(requested));
    if (it != levels.end()) levels.erase(levels.begin(), it);
  }
  return levels;
}

// Once: what a report of a problem with a device needs first.
void logDevices(const std::vector<BackendSlot>& slots, const std::vector<DeviceInfo>& devices) {
  for (const BackendSlot& slot : slots)
    if (const std::string why = slot.backend ? slot.backend->unusable() : ""; !why.empty())
      logWarning(fmt::format("backend {} cannot be used: {}", slot.backend->name(), why));
  for (const DeviceInfo& device : devices)
    logInfo(
        fmt::format("device {}: {}{}", device.id, device.name, device.usable ? "" : ", " + device.reason));
}

}  // namespace

DeviceRegistry& DeviceRegistry::instance() {
  static DeviceRegistry registry;
  return registry;
}

DeviceRegistry::DeviceRegistry() {
  // OpenMP's workers spin for milliseconds before they sleep, unless configured before the library is loaded,
  // which the CPU plugin does. If the machine has other work (such as drawing a window), they take the core
  // from the very thread they wait for: 1.6 ms steps were seen to take 8 to 180 ms. 20,000 spins kept the
  // speed of an idle machine (tests/bench/NOTES.md). The user's own setting takes precedence.
  if (!std::getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "20000", 0);
  const fs::path folder = backendsDir();
  std::error_code ignored;
  for (const std::string& level : cpuLevels()) {
    const fs::path file = folder / ("libtandem_cpu_" + level + ".so");
    if (!fs::exists(file, ignored)) continue;
    load(file);
    if (slots_.back().backend) break;
  }
  std::vector<fs::path> others;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("libtandem_") && !name.starts_with("libtandem_cpu_") && name.ends_with(".so"))
      others.push_back(entry.path());
  }
  std::ranges::sort(others);
  for (const fs::path& file : others) load(file);
}

void DeviceRegistry::load(const fs::path& file) {
  BackendSlot slot;
  slot.file = file.filename().string();
  // Never unloaded, because sessions and thread teams outlive any suitable moment.
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    slot.problem = dlerror();
  } else if (auto* entry = reinterpret_cast<BackendEntry>(dlsym(library, "tandemBackend")); !entry) {
    slot.problem = "not a Tandem backend: no entry point tandemBackend";
  } else if (slot.backend = entry(kBackendAbi); !slot.backend) {
    slot.problem = "built for another version of Tandem; rebuild it together with the program";
  }
  if (slot.backend)
    logInfo(fmt::format("backend {} loaded from {}", slot.backend->name(), file.string()));
  else
    logError(fmt::format("backend {} could not be loaded: {}", file.string(), slot.problem));
  slots_.push_back(std::move(slot));
}

std::vector<DeviceInfo> DeviceRegistry::devices() const {
  std::vector<DeviceInfo> all;
  for (const BackendSlot& slot : slots_) {
    if (!slot.backend) continue;
    for (DeviceInfo& device : slot.backend->devices()) all.push_back(std::move(device));
  }
  static std::once_flag logged;
  std::call_once(logged, logDevices, slots_, all);
  return all;
}

Result<Backend*> DeviceRegistry::backendFor(std::string_view deviceId) const {
  for (const BackendSlot& slot : slots_) {
    if (!slot.backend) continue;
    const std::string_view name = slot.backend->name();
    if (deviceId == name || (deviceId.starts_with(name) && deviceId.substr(name.size()).starts_with(":"))) {
      if (std::string why = slot.backend->unusable(); !why.empty())
        return Error{ErrorCode::Unsupported, why, std::string(deviceId), "Run `tandem doctor` for details"};
      return slot.backend;
    }
  }
  Error error{ErrorCode::NotFound, "no such device", std::string(deviceId),
              "`tandem devices` lists the available devices"};
  for (const BackendSlot& slot : slots_)
    if (!slot.backend) error.hint += "; " + slot.file + " could not be loaded: " + slot.problem;
  return error;
}

BackendLookup installedBackends() {
  return [](std::string_view device) { return DeviceRegistry::instance().backendFor(device); };
}

}  // namespace tandem
