#include "gpu/host/driver_state.h"

#include <charconv>
#include <cstddef>
#include <sstream>

namespace tandem::cuda {

std::string versionText(int cudaVersion) {
  return std::to_string(cudaVersion / 1000) + "." + std::to_string(cudaVersion % 1000 / 10);
}

bool hasCodeFor(const std::string& architectures, int capability) {
  std::istringstream list(architectures);
  bool known = false;
  for (std::string entry; list >> entry;) {
    int number = 0;
    const char* end = entry.data() + entry.size();
    const auto parsed = std::from_chars(entry.data(), end, number);
    if (parsed.ec != std::errc()) return true;  // "native", "all": not a list of numbers
    known = true;
    const std::string_view kind(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
    const bool compiled = kind != "-virtual" && number / 10 == capability / 10 && number <= capability;
    if (compiled || (kind != "-real" && number <= capability)) return true;
  }
  return !known;
}

bool turingHasTensorCores(std::string_view name) {
  for (const std::string_view part :
       {"GTX 16", "MX450", "MX550", "T400", "T500", "T550", "T600", "T1000", "T1200", "T2000"})
    if (name.find(part) != std::string_view::npos) return false;
  return true;
}

std::string neededDriver(int runtimeVersion) {
  // CUDA Toolkit release notes, "CUDA Toolkit and minimum required driver version".
  switch (runtimeVersion / 1000) {
    case 11:
      return "450";
    case 12:
      return "525";
    default:
      return "580";
  }
}

std::string unusableText(const DriverState& state) {
  const std::string need = "this build needs CUDA " + versionText(state.runtimeVersion) + ", driver " +
                           neededDriver(state.runtimeVersion) + " or newer";
  const std::string get =
      "Help > Setting up a GPU and `tandem doctor --setup` show the commands for your distribution";
  if (state.driverVersion == 0) return "no NVIDIA driver is installed; " + need + ". " + get;
  const std::string found = "the installed driver" +
                            (state.driverRelease.empty() ? std::string() : " (" + state.driverRelease + ")") +
                            " supports CUDA " + versionText(state.driverVersion);
  // Within a major version, a newer toolkit runs on an older driver (CUDA minor version compatibility).
  if (state.driverVersion / 1000 < state.runtimeVersion / 1000) return found + ", but " + need + ". " + get;
  if (state.devices > 0) return {};
  if (state.visibleSet && (state.error == 100 || state.error == 0))
    return "CUDA_VISIBLE_DEVICES is '" + state.visible +
           "', which hides all GPUs. Unset it, or name an existing GPU";
  if (state.error == 100 || state.error == 0)
    return "no NVIDIA GPU was found, although a driver is installed. Check that the GPU is seated and that "
           "this machine or container has access to it (nvidia-smi)";
  return "the NVIDIA driver does not respond: " + state.errorText +
         ". Restart the machine; if it persists, reinstall the driver";
}

}  // namespace tandem::cuda
