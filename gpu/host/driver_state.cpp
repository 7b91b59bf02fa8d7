#include "gpu/host/driver_state.h"

namespace tandem::cuda {

std::string versionText(int cudaVersion) {
  return std::to_string(cudaVersion / 1000) + "." + std::to_string(cudaVersion % 1000 / 10);
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
      "Install it with your distribution's package (Debian: nvidia-driver, from non-free) or "
      "from nvidia.com, then restart";
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
