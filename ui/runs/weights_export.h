// Weights of a run, from its checkpoint into files of other tools.
#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace tandem::ui {

// Reads the checkpoint and writes a Keras model file (HDF5). Runs on any thread.
Status exportCheckpointToKeras(const std::filesystem::path& checkpoint, const std::filesystem::path& file);

}  // namespace tandem::ui
