// The backends of this installation. Plugins are loaded from the application's own backends folder
// (core/base/install_dirs.h) and from nowhere else.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/runtime/backend.h"

namespace tandem {

struct BackendSlot {
  std::string file;            // file name of the plugin
  Backend* backend = nullptr;  // nullptr when loading failed
  std::string problem;         // why it failed
};

class DeviceRegistry {
 public:
  // Loads libtandem_cpu_<level> for the best level that this processor supports, then every other plugin.
  // TANDEM_CPU_LEVEL=v2|v3|v4 selects a lower level.
  static DeviceRegistry& instance();

  const std::vector<BackendSlot>& slots() const { return slots_; }
  std::vector<DeviceInfo> devices() const;
  // The backend that owns device id "cpu" or "cuda:0".
  Result<Backend*> backendFor(std::string_view deviceId) const;

 private:
  DeviceRegistry();
  void load(const std::filesystem::path& file);
  std::vector<BackendSlot> slots_;
};

// Finds the backend of a device: DeviceRegistry's, unless a test provides another.
using BackendLookup = std::function<Result<Backend*>(std::string_view device)>;

BackendLookup installedBackends();

}  // namespace tandem
