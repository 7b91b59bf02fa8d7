// Finds the IDX files of a dataset by their names.
#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "core/data/dataset.h"

namespace tandem {

struct IdxFiles {
  struct Part {
    std::filesystem::path images, labels;  // both empty if the dataset does not have this part
  };

  std::filesystem::path folder;
  std::string set;            // the start of the names, "emnist-letters"; empty for MNIST's own names
  std::array<Part, 3> parts;  // by SplitPart

  const Part& part(SplitPart p) const { return parts[static_cast<std::size_t>(p)]; }
};

// Accepts "train-images-idx3-ubyte", also with dots, with .gz, with a part named "t10k", "test" or "val", with the
// dataset's name in front ("emnist-letters-train-..."), and a file inside a folder of nearly the same name, as Kaggle's
// archives have them. `path` is the folder; if it holds several datasets, one of the files, or the folder and the
// dataset's name: "gzip/emnist-letters". Errors: NotFound without IDX files; InvalidInput if
// the dataset is ambiguous or lacks images or labels.
Result<IdxFiles> findIdxFiles(const std::filesystem::path& path);

}  // namespace tandem
