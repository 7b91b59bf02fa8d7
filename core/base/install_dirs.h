// Locates the program's files: in the build tree, in an installation below any prefix, or in a relocated
// folder. Templates and help texts are compiled into the programs.
#pragma once

#include <filesystem>
#include <string_view>

namespace tandem {

// The running program's file, with symbolic links resolved.
std::filesystem::path programFile();

// The backends: backends/ beside the program (build tree, portable folder), or tandem/backends in the library
// folder of the prefix that the program's bin/ belongs to.
std::filesystem::path backendsDir(const std::filesystem::path& program = programFile());

// A built-in dataset: data/NAME in a portable folder, share/datasets/NAME in the program's prefix, or the
// location that Debian's packages use.
std::filesystem::path datasetDir(std::string_view name, const std::filesystem::path& program = programFile());

}  // namespace tandem
