// The files of CIFAR-10 and CIFAR-100 in their binary version, in one folder.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace tandem {

struct CifarFiles {
  std::filesystem::path folder;
  int labels = 1;  // before each image: 1 in CIFAR-10, 2 in CIFAR-100: of the coarse and the fine class
  std::vector<std::filesystem::path> train, test;  // at least one of training; test may be empty
};

// `path`: the folder, the one around it, or one of the files. Errors: NotFound, also if the files have other sizes.
Result<CifarFiles> findCifarFiles(const std::filesystem::path& path);

}  // namespace tandem
