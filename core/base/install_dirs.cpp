#include "core/base/install_dirs.h"

#include <span>
#include <system_error>
#include <vector>

namespace tandem {
namespace fs = std::filesystem;
namespace {

// The first candidate that is a folder; the last one, for the error message, where there is none.
fs::path firstFolder(std::span<const fs::path> candidates) {
  std::error_code ignored;
  for (const fs::path& candidate : candidates)
    if (fs::is_directory(candidate, ignored)) return candidate;
  return candidates.back();
}

}  // namespace

fs::path programFile() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored);
}

fs::path backendsDir(const fs::path& program) {
  const fs::path bin = program.parent_path(), prefix = bin.parent_path();
  std::vector<fs::path> candidates{bin / "backends"};
  // All names that CMAKE_INSTALL_LIBDIR has on Linux, so that a program does not depend on its prefix.
  for (const char* lib : {"lib/" TANDEM_MULTIARCH, "lib64", "lib"})
    candidates.push_back(prefix / lib / "tandem" / "backends");
  return firstFolder(candidates);
}

fs::path datasetDir(std::string_view name, const fs::path& program) {
  const fs::path prefix = program.parent_path().parent_path();
  const std::vector<fs::path> candidates{prefix / "data" / name, prefix / "share" / "datasets" / name,
                                         fs::path("/usr/share/datasets") / name};
  return firstFolder(candidates);
}

}  // namespace tandem
