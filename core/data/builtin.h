// The datasets that Debian packages install, as choices: their data is not part of the program. A project names one by the
// path "builtin:iris". datasets/ID.json has the source, the licence and the hashes of each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/declared_table.h"
#include "core/data/spec.h"

namespace tandem {

struct BuiltinSet {
  // How a table is written. Counted: as scikit-learn does it, with a first line of the numbers of rows and columns and the
  // names of the classes. Joined: rows of numbers, whose columns are in several files.
  enum class Layout : std::uint8_t { Idx, Table, Counted, Joined };

  std::string id, name, about, package;
  std::string folder;              // where the package has the files; see also datasetDir()
  std::vector<std::string> files;  // of a table, plain or with .gz
  Layout layout = Layout::Table;
  std::vector<std::string> columns;  // Counted and Joined: their names, the target at the end
  std::vector<std::string> classes;  // of the target, which are numbered in the file; empty: it is a number
  DataSpec spec;                     // how the set is read, with its path

  const std::string& path() const { return spec.path; }
};

std::span<const BuiltinSet> builtinSets();

// Whether a path is that of a built-in dataset, "builtin:" and any name.
bool isBuiltin(std::string_view path);
// Errors: NotFound, with the names that there are.
Result<const BuiltinSet*> findBuiltin(std::string_view path);
// The folder of its files: that of the program, or that of the package. An Error that names the package if there is none.
Result<std::filesystem::path> builtinFolder(const BuiltinSet& set);
// Its file of this name, plain or with .gz; likewise.
Result<std::filesystem::path> builtinFile(const BuiltinSet& set, const std::string& name);
// Of the texts of its files: the table with the names of the columns and classes. For Counted and Joined.
Result<DeclaredTable> builtinTable(const BuiltinSet& set, std::span<const std::string> texts);

}  // namespace tandem
