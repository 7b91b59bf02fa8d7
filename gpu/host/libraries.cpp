#include "gpu/host/libraries.h"

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace tandem::cuda {
namespace fs = std::filesystem;
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::vector<std::string> partsOf(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream text(list);
  for (std::string part; std::getline(text, part, ':');)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

// Subfolders whose names start with the prefix, the last by name first: newer versions.
std::vector<fs::path> subfolders(const fs::path& folder, const std::string& prefix) {
  std::vector<fs::path> list;
  std::error_code ignored;
  for (auto it = fs::directory_iterator(folder, ignored); it != fs::directory_iterator();
       it.increment(ignored)) {
    if (ignored) break;
    if (it->path().filename().string().starts_with(prefix)) list.push_back(it->path());
  }
  std::ranges::sort(list, std::ranges::greater());
  return list;
}

// The path of the build machine may not exist on another one, where everybody could create it, such as one in /tmp.
bool isTrusted(const fs::path& folder) {
  struct stat info {};
  if (stat(folder.c_str(), &info) != 0) return false;
  return (info.st_uid == 0 || info.st_uid == geteuid()) && (info.st_mode & S_IWOTH) == 0;
}

class Folders {
 public:
  void add(const fs::path& folder) {
    std::error_code ignored;
    if (folder.empty() || !fs::is_directory(folder, ignored)) return;
    const fs::path known = fs::canonical(folder, ignored);
    if (known.empty() || std::ranges::find(known_, known) != known_.end()) return;
    known_.push_back(known);
    list_.push_back(folder);
  }
  // NVIDIA's packages below an installation of Python.
  void addPackages(const fs::path& packages) {
    for (const fs::path& package : subfolders(packages / "nvidia", "")) add(package / "lib");
  }
  void addPython(const fs::path& prefix) {
    if (prefix.empty()) return;
    for (const fs::path& version : subfolders(prefix / "lib", "python3"))
      for (const char* packages : {"site-packages", "dist-packages"}) addPackages(version / packages);
  }
  std::vector<fs::path> take() { return std::move(list_); }

 private:
  std::vector<fs::path> list_, known_;
};

}  // namespace

LibrarySearch LibrarySearch::ofThisProcess(fs::path backends, fs::path toolkit) {
  LibrarySearch search;
  search.backends = std::move(backends);
  search.toolkit = std::move(toolkit);
  search.cudnnPath = variable("CUDNN_PATH");
  search.cudaPath = variable("CUDA_PATH");
  search.cudaHome = variable("CUDA_HOME");
  search.libraryPath = variable("LD_LIBRARY_PATH");
  search.programPath = variable("PATH");
  search.virtualEnv = variable("VIRTUAL_ENV");
  search.condaPrefix = variable("CONDA_PREFIX");
  search.home = variable("HOME");
  return search;
}

std::vector<fs::path> libraryFolders(const LibrarySearch& search) {
  Folders folders;
  if (!search.backends.empty()) folders.add(search.backends / "../../lib");  // a portable folder
  for (const std::string& part : partsOf(search.libraryPath)) folders.add(part);
  for (const std::string& prefix : {search.cudnnPath, search.cudaPath, search.cudaHome}) {
    if (prefix.empty()) continue;
    folders.add(fs::path(prefix) / "lib64");
    folders.add(fs::path(prefix) / "lib");
    folders.add(prefix);
  }
  if (isTrusted(search.toolkit)) folders.add(search.toolkit);
  folders.add(search.root / "usr/local/cuda/lib64");
  for (const fs::path& version : subfolders(search.root / "usr/local", "cuda-"))
    folders.add(version / "lib64");
  folders.add(search.root / "opt/cuda/lib64");
  for (const char* folder : {"usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/lib"})
    folders.add(search.root / folder);
  folders.addPython(search.virtualEnv);
  folders.addPython(search.condaPrefix);
  if (!search.condaPrefix.empty()) folders.add(fs::path(search.condaPrefix) / "lib");
  for (const std::string& part : partsOf(search.programPath)) {
    std::error_code ignored;
    const fs::path python = fs::path(part) / "python3";
    if (!fs::exists(python, ignored)) continue;
    folders.addPython(
        python.parent_path().parent_path());  // of the file, because `part` may end with a slash
    break;
  }
  if (!search.home.empty()) folders.addPython(fs::path(search.home) / ".local");
  folders.addPython(search.root / "usr/local");
  folders.addPackages(search.root / "usr/lib/python3/dist-packages");
  return folders.take();
}

FoundLibrary findLibrary(const std::string& name, const std::vector<fs::path>& folders,
                         const std::function<std::string(void* handle)>& problem) {
  FoundLibrary found;
  for (const fs::path& folder : folders) {
    const fs::path file = folder / name;
    std::error_code ignored;
    if (!fs::exists(file, ignored)) continue;
    void* handle = dlopen(file.c_str(), RTLD_LAZY | RTLD_LOCAL);
    std::string reason;
    if (!handle) {
      const char* error = dlerror();
      reason = error ? error : "it cannot be opened";
    } else {
      reason = problem(handle);
    }
    if (reason.empty()) {
      found.handle = handle;
      found.file = file.lexically_normal().string();
      return found;
    }
    found.refused.push_back({file.lexically_normal().string(), std::move(reason)});
    if (handle) dlclose(handle);  // so that no library is linked with it
  }
  return found;
}

}  // namespace tandem::cuda
