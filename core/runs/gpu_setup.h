// The page "Setting up a GPU": what this machine has of all that training on a GPU needs, and the commands that install the
// rest on its distribution.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/runtime/registry.h"

namespace tandem {

// From /etc/os-release.
struct Distribution {
  std::string id;        // "debian", "opensuse-leap"
  std::string like;      // of a derived one: "ubuntu debian"
  std::string version;   // "12", "24.04"; may be empty
  std::string codename;  // of the Ubuntu that it is derived from: "noble"
  std::string name;      // "Debian GNU/Linux 12 (bookworm)"
};
Distribution distributionFrom(std::string_view osRelease);
Distribution thisDistribution();

struct GpuFindings {
  int gpus = 0;                               // NVIDIA's on the PCI bus
  bool backend = false;                       // is part of this installation
  std::string driver;                         // "580.95.05, CUDA 13.0"; empty: none is loaded
  std::string cublasLt, cudnn;                // version or file; empty: not found
  std::string refusedCublasLt, refusedCudnn;  // files that do not suit, with the reason
  std::string problem;                        // why the backend cannot be used
};
GpuFindings gpuFindings(std::span<const BackendSlot> slots,
                        const std::filesystem::path& pciDevices = "/sys/bus/pci/devices",
                        const std::filesystem::path& driverVersion = "/proc/driver/nvidia/version");

struct SetupStep {
  enum class State { Done, Missing, Unknown };
  std::string title;
  State state = State::Unknown;
  std::string finding;                // on this machine
  std::string advice;                 // unless it is done
  std::vector<std::string> commands;  // to enter in this order; unless it is done
};
// In the order in which they are to be done.
std::vector<SetupStep> gpuSetup(const GpuFindings& findings, const Distribution& distribution);

std::string setupText(std::span<const SetupStep> steps, const Distribution& distribution);
std::string setupHtml(std::span<const SetupStep> steps, const Distribution& distribution);  // a body

}  // namespace tandem
