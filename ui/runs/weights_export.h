// Exports the weights of a run to file formats of other tools.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/train/checkpoint.h"

namespace tandem::ui {

// Reads the checkpoint and writes a Keras model file (HDF5). Returns notes for the user. Callable from any thread.
Result<std::vector<std::string>> exportCheckpointToKeras(const std::filesystem::path& checkpoint,
                                                         const std::filesystem::path& file, Weights which);

}  // namespace tandem::ui
