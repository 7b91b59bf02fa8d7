// Exports a checkpoint to a file for other programs.
#pragma once

#include <filesystem>

#include "core/train/checkpoint.h"

namespace tandem {

// Writes a complete Keras model (io/keras/keras.h) with the checkpoint's network and weights.
Status exportKeras(const Checkpoint& checkpoint, const std::filesystem::path& file);

}  // namespace tandem
