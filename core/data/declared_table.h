// Tables whose columns are declared rather than found: ARFF files, and the tables of built-in datasets. They are read as
// the CSV text that they are turned into, whose rows are at the same lines, with the kinds and categories of the columns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/data/table_format.h"

namespace tandem {

struct DeclaredColumn {
  enum class Kind : std::uint8_t { Number, Category, Text, Date };

  std::string name;
  Kind kind = Kind::Number;
  std::vector<std::string> categories;  // in the declared order; they need not occur
};

struct DeclaredTable {
  std::string text;  // in the format of declaredFormat()
  std::vector<DeclaredColumn> columns;
};

// Writes a cell such that it is read as it is; an empty one is not a missing value.
void appendCell(std::string& text, std::string_view cell);
// The line of the columns' names, without its end.
void appendNames(std::string& text, const std::vector<DeclaredColumn>& columns);

// How DeclaredTable::text is written; the values that stand for missing ones are those of `given`. An Error if `given` sets
// something else, which would have no effect.
Result<TableFormat> declaredFormat(const TableFormat& given, const std::string& where);

// Whether a text is an ARFF file: it begins with @relation, perhaps after comments.
bool isArff(std::string_view text);

// Errors name the line: a declaration that is wrong or of relational data, a value that is not declared, weighted rows.
Result<DeclaredTable> readArff(std::string_view text, const std::string& where);
// The columns alone.
Result<std::vector<DeclaredColumn>> readArffColumns(std::string_view text, const std::string& where);

}  // namespace tandem
