// A trained model, opened from its file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/train/predictor.h"

namespace tandem {

struct OpenModel {
  Predictor predictor;
  std::optional<Project> project;  // of a checkpoint
  std::string dataFingerprint;     // of the data it was trained on; empty: unknown
  std::vector<std::string> notes;  // for the user: what the file left open
};

// Opens a checkpoint, with the weights that `which` names, or a Keras model on a device.
Result<OpenModel> openModel(const std::filesystem::path& file, const std::string& device, Weights which);

}  // namespace tandem
