// HDF5 files composed from text, one object a line: the HDF5 library itself crashes on some damaged files
// (core/hdf5/isolate.h), so what is fuzzed are whole files with anything in them. A line that makes no sense is
// skipped. Paths begin at the root, which is ".".
//   group PATH
//   array PATH TYPE LAYOUT EXTENT... [= VALUE]   f4 f8 i4 i8 u1 s4; plain, compact, chunked, packed, absent, outside
//   text PATH NAME VALUE                         an attribute with one text of variable length
//   texts PATH NAME LENGTH TEXT...               ... with texts of fixed length
//   number PATH NAME TYPE COUNT VALUE            ... with COUNT equal numbers
//   hard PATH TARGET / soft PATH TARGET / file PATH FILE TARGET
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tandem::fuzz {

inline constexpr std::string_view kRecipe = "#hdf5\n";  // begins a recipe
std::string hdf5FromRecipe(std::string_view recipe);

// A file of this process alone, for readers that take a path; in memory where the system offers that.
std::filesystem::path scratchPath(std::string_view name);
class ScratchFile {
 public:
  explicit ScratchFile(std::string_view bytes);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tandem::fuzz
