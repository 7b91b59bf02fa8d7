// A side of a twin run: the settings that differ between sides. The others come from the project.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/network/project.h"
#include "core/runtime/backend.h"
#include "core/runtime/registry.h"

namespace tandem {

inline constexpr std::size_t kMaxSides = 8;  // of one twin

struct SideSpec {
  std::string label;  // "cpu:2", "cuda:0, bf16"; unique among the sides of a twin
  DeviceOptions device;
  // In a race, these replace the project's settings.
  std::optional<std::int64_t> batch;
  std::filesystem::path network;  // project file that provides the network; empty: the project itself
};

// A side as users write it: a device and its options, separated by commas.
//   cpu:2              the CPU with two threads
//   cpu:1,avoid=onednn     without the named kernels ("avoid=onednn+small" for several)
//   cuda:0,bf16        a GPU and a precision: fp32, tf32, bf16, fp16
//   cuda:0,fast        non-deterministic kernels allowed
//   cpu:2,batch=256    another batch size
//   cpu:2,network=wide.tandem    another network on the same data, with the same settings; last, because
//                      file names may contain commas
// Errors name the part that cannot be read.
Result<SideSpec> parseSide(std::string_view text);

// Parses two to kMaxSides sides. Equal ones are numbered ("cpu:1 (2)"), since comparing a run with itself
// shows the noise. Errors name the side.
Result<std::vector<SideSpec>> parseSides(const std::vector<std::string>& texts);

// The side in the syntax of parseSide().
std::string textOf(const SideSpec& side);

// The default sides: the CPU and the first usable GPU, or else one CPU thread and all.
std::vector<std::string> usualSides(const std::vector<DeviceInfo>& devices);

// Names of a backend's kernels that a side can avoid: all except the reference definition.
std::vector<std::string> kernelNames(Backend& backend);

// Errors: a side avoids a kernel that its device does not have, so that it would avoid nothing; no such device.
Status checkKernels(const std::vector<SideSpec>& sides, const BackendLookup& lookup = installedBackends());

// The project as this side trains it. Errors: those of reading the other network's file.
Result<Project> projectOf(const Project& project, const SideSpec& side);

}  // namespace tandem
