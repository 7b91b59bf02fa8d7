// The options that change the training settings of a project.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/arguments.h"
#include "core/network/project.h"

namespace tandem::cli {

// --set NAME=VALUE, any number of times.
struct SettingOptions {
  std::vector<std::string> settings;

  // Errors: no such setting, a value out of range; a device where the sides of a comparison state theirs.
  Status applyTo(TrainingConfig& training, bool withDevice = true) const;
};

void addSettingOptions(Command command, SettingOptions& options);

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
