// Where NVIDIA's libraries are: packages, toolkits and Python environments install them in different folders, most of
// which the dynamic linker does not search.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace tandem::cuda {

// What determines the folders; paths may be empty.
struct LibrarySearch {
  std::filesystem::path backends;             // the folder of this plugin
  std::filesystem::path toolkit;              // the libraries that this build was linked with
  std::string cudnnPath, cudaPath, cudaHome;  // environment variables
  std::string libraryPath;                    // LD_LIBRARY_PATH
  std::string programPath;                    // PATH, for python3
  std::string virtualEnv, condaPrefix, home;
  std::filesystem::path root = "/";  // of the folders with fixed names

  static LibrarySearch ofThisProcess(std::filesystem::path backends, std::filesystem::path toolkit);
};

// Existing folders in the order of the search: beside the program, those that the user names, CUDA's, the
// distribution's, and the packages of the Python that a terminal would start.
std::vector<std::filesystem::path> libraryFolders(const LibrarySearch& search);

struct RefusedLibrary {
  std::string file, reason;
};

struct FoundLibrary {
  void* handle = nullptr;  // stays open
  std::string file;        // empty: none suits, and the dynamic linker may find another
  std::vector<RefusedLibrary> refused;
};

// Opens the first file of that name that suits. problem: why an open library does not suit; empty if it does. A library
// that is linked with the name (its SONAME) uses what is open.
FoundLibrary findLibrary(const std::string& name, const std::vector<std::filesystem::path>& folders,
                         const std::function<std::string(void* handle)>& problem);

}  // namespace tandem::cuda
