// The arrays of an HDF5 file, as .npy files. Files are read in a child process (core/hdf5/isolate.h).
#pragma once

#include <filesystem>

#include "core/data/numpy_files.h"

namespace tandem {

// Errors: not an HDF5 file, damaged, a file of Keras weights, no arrays. Opening an array may be an Error, too: one that does
// not contain numbers, or that is stored elsewhere.
Result<ArrayStore> openHdf5Arrays(const std::filesystem::path& file);

}  // namespace tandem
