// The options that change the training settings of a project and which layers are trained.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/arguments.h"
#include "core/network/project.h"

namespace tandem::cli {

// --set NAME=VALUE and --freeze, any number of times, --augment, --freeze-to and --weights.
struct SettingOptions {
  std::vector<std::string> settings;
  std::optional<std::string> augment;
  std::vector<std::string> frozen;      // layers and groups
  std::optional<std::string> frozenTo;  // a layer, with all before it
  std::optional<std::filesystem::path> weights;

  // Errors: no such setting, layer or group, a value out of range; a device where the sides of a comparison state theirs.
  Status applyTo(Project& project, bool withDevice = true) const;
};

void addSettingOptions(Command command, SettingOptions& options);
// --weights, where a run starts.
void addWeightsOption(Command command, SettingOptions& options);

// --epochs, --batch and --seed.
struct LengthOptions {
  std::optional<int> epochs;
  std::optional<std::int64_t> batch;
  std::optional<std::uint64_t> seed;

  void applyTo(TrainingConfig& training) const;
};

// about: of --epochs.
void addLengthOptions(Command command, LengthOptions& options, const std::string& about);

}  // namespace tandem::cli
