// A side of a twin run: what differs between sides. All else (network, seed, data) is the project's.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/network/project.h"
#include "core/runtime/backend.h"

namespace tandem {

inline constexpr std::size_t kMaxSides = 8;  // of one twin

struct SideSpec {
  std::string label;  // "cpu:2", "cuda:0, bf16"; unique among the sides of a twin
  DeviceOptions device;
  // In a race: instead of the project's.
  std::optional<std::int64_t> batch;
  std::filesystem::path network;  // a project file, of which the network is taken; empty: the project's own
};

// A side as people write it: a device and what differs, with commas between.
//   cpu:2              the CPU with two threads
//   cpu:1,avoid=onednn     without the kernels of that name ("avoid=onednn+small" for several)
//   cuda:0,bf16        a GPU and a precision: fp32, tf32, bf16, fp16
//   cuda:0,fast        kernels that may give other last digits from run to run
//   cpu:2,batch=256    another batch size
//   cpu:2,network=wide.tandem    another network on the same data, with the same settings; last, because
//                      the name of a file may have commas
// Errors name the part that cannot be read.
Result<SideSpec> parseSide(std::string_view text);

// Two to kMaxSides sides; equal ones are numbered ("cpu:1 (2)"), since a comparison of a run with itself is
// how noise is seen. Errors name the side.
Result<std::vector<SideSpec>> parseSides(const std::vector<std::string>& texts);

// The side as parseSide() reads it.
std::string textOf(const SideSpec& side);

// What to compare when nobody said: the CPU with the first GPU that can be used, or one thread with all.
std::vector<std::string> usualSides(const std::vector<DeviceInfo>& devices);

// Names of a backend's kernels that a side can do without: all but the definition itself.
std::vector<std::string> kernelNames(Backend& backend);

// The project as this side trains it. Errors: those of the file with the other network.
Result<Project> projectOf(const Project& project, const SideSpec& side);

}  // namespace tandem
