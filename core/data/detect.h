// Which kind of data a path contains.
#pragma once

#include <filesystem>

#include "core/data/spec.h"

namespace tandem {

// A built-in dataset by its name, "iris" or "builtin:iris", unless a file is called so; a table, NumPy arrays, a folder with IDX files, or a folder with one subfolder of images or texts per class or of images
// with masks; images keep their size up to 64 x 64 and their colours. A file that ends in .txt and is no table of several
// columns is a text whose next characters are predicted. `masks`: the folder of the masks, unless that follows from the
// names of the folders (mask_listing.h). Paths are absolute in the result. Errors: nothing is there, a single image, a
// folder without data.
Result<DataSpec> detectData(const std::filesystem::path& path, const std::filesystem::path& masks = {});

}  // namespace tandem
