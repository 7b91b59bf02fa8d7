// Exports a checkpoint to a file for other programs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/train/checkpoint.h"

namespace tandem {

// Writes a Keras model (io/keras/keras.h) with the checkpoint's network, weights and description of the data.
// bare: for normalized samples, without the final activation of the loss. Returns notes for the user (exportNotes).
Result<std::vector<std::string>> exportKeras(const Checkpoint& checkpoint, const std::filesystem::path& file,
                                             bool bare = false);

}  // namespace tandem
