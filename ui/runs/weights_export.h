// Exports the weights of a run to file formats of other tools.
#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace tandem::ui {

// Reads the checkpoint and writes a Keras model file (HDF5). Callable from any thread.
Status exportCheckpointToKeras(const std::filesystem::path& checkpoint, const std::filesystem::path& file);

}  // namespace tandem::ui
